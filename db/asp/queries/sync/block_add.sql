-- SPDX-License-Identifier: Apache-2.0
-- A block set or lifted; always a further row.
-- args: 6
-- rows: none
INSERT INTO block (subject, source, rireki_no, active, kinds, at_ms)
VALUES ($1::bytea, $2::smallint, $3::bigint, $4::boolean, $5::integer, $6::bigint)
