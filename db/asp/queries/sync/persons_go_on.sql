-- SPDX-License-Identifier: Apache-2.0
-- The next rows of registered persons who stay in their household and place: looked at, locked
-- and moved at once. The refs rise; a key that a person has not is empty. Back comes whose turn it was.
-- args: 16
-- rows: many
UPDATE person p SET rireki_no = n.rireki_no, version = version + 1,
       keys = array_remove(ARRAY[n.k1, n.k2, n.k3, n.k4, n.k5, n.k6, n.k7, n.k8, n.k9, n.k10], '')
FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[],
            $13::bytea[], $14::bytea[], $15::bytea[], $16::bytea[])
  AS n (ref, household, narabi, newest, rireki_no, place, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10)
WHERE p.ref = n.ref AND p.rireki_no = n.newest AND p.household = n.household AND p.narabi = n.narabi AND p.state = 1
RETURNING n.place
