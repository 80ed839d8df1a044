-- SPDX-License-Identifier: Apache-2.0
-- Further rows of several known persons: where the newest leaves each. back: was registered again in between.
-- args: 7
-- rows: none
UPDATE person p SET household = n.household, narabi = n.narabi, state = n.state, rireki_no = n.rireki_no,
       version = version + 1, keys = convert_from(n.keys, 'UTF8')::bytea[],
       removed_ms = CASE WHEN n.state = 2 THEN coalesce(CASE WHEN n.back = 0 THEN p.removed_ms END,
           floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) END
FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bigint[])
  AS n (ref, household, narabi, state, rireki_no, keys, back)
WHERE p.ref = n.ref
