-- SPDX-License-Identifier: Apache-2.0
-- A stop, in force from now on.
-- args: 6
-- rows: one
INSERT INTO stop (subject, household, kinds, sealed, set_by, set_ms)
VALUES ($1::bytea, $2::boolean, $3::integer, $4::bytea, $5::text, $6::bigint) RETURNING id
