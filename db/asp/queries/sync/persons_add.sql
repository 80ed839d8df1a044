-- SPDX-License-Identifier: Apache-2.0
-- Several new persons; what each is found by comes as the text of an array.
-- args: 6
-- rows: none
INSERT INTO person (ref, household, narabi, state, rireki_no, removed_ms, keys)
SELECT ref, household, narabi, state, rireki_no,
       CASE WHEN state = 2 THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint END,
       convert_from(keys, 'UTF8')::bytea[]
FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
  AS n (ref, household, narabi, state, rireki_no, keys)
