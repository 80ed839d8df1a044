-- SPDX-License-Identifier: Apache-2.0
-- The sum of a subject's stops: always a further row.
-- args: 5
-- rows: none
INSERT INTO block (subject, source, rireki_no, active, kinds, at_ms)
SELECT $1::bytea, 4, coalesce(max(rireki_no), 0) + 1, $2::boolean, $3::integer, $4::bigint
  FROM block WHERE subject = $1::bytea AND source = $5::smallint
