-- SPDX-License-Identifier: Apache-2.0
-- A closure, planned or from now on.
-- args: 7
-- rows: one
INSERT INTO closure (kinds, category, note, from_ms, until_ms, set_by, set_ms)
VALUES ($1::integer, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, $7::bigint) RETURNING id
