-- SPDX-License-Identifier: Apache-2.0
-- A week's hours from a day on.
-- args: 6
-- rows: one
INSERT INTO week (kind, days, year_end, from_ms, set_by, set_ms)
VALUES ($1::smallint, $2::text, $3::boolean, $4::bigint, $5::text, $6::bigint) RETURNING id
