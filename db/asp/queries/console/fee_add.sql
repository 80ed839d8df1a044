-- SPDX-License-Identifier: Apache-2.0
-- What a copy costs from a day on.
-- args: 5
-- rows: one
INSERT INTO fee (kind, fee_yen, from_ms, set_by, set_ms)
VALUES ($1::smallint, $2::integer, $3::bigint, $4::text, $5::bigint) RETURNING id
