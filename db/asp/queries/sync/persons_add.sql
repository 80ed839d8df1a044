-- SPDX-License-Identifier: Apache-2.0
-- Several new persons.
-- args: 5
-- rows: none
INSERT INTO person (ref, household, narabi, state, rireki_no, removed_ms)
SELECT ref, household, narabi, state, rireki_no,
       CASE WHEN state = 2 THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint END
FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[])
  AS n (ref, household, narabi, state, rireki_no)
