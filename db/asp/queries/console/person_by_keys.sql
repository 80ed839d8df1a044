-- SPDX-License-Identifier: Apache-2.0
-- Persons whose newest row has all of these keys, of one data key or of another ($1, $3); $4: one of them in
-- each, the rarest, by which they are looked up (migration 0029: three trees, and what is in none of them).
-- args: 4
-- rows: many
SELECT p.ref, p.household, p.state, p.parked, r.rireki_no, r.sealed,
       coalesce((SELECT bit_or(kinds) FROM (SELECT DISTINCT ON (source) active, kinds FROM block
                  WHERE subject = p.ref ORDER BY source, rireki_no DESC) own WHERE active), 0),
       coalesce((SELECT bit_or(kinds) FROM (SELECT DISTINCT ON (source) active, kinds FROM block
                  WHERE subject = p.household ORDER BY source, rireki_no DESC) house WHERE active), 0)
  FROM person p JOIN resident_row r ON r.ref = p.ref AND r.rireki_no = p.rireki_no
 WHERE (p.keys[1] = ANY ($4::bytea[]) OR p.keys[2] = ANY ($4::bytea[]) OR p.keys[3] = ANY ($4::bytea[])
        OR (cardinality(p.keys) > 3 AND p.keys && $4::bytea[]))
   AND (p.keys @> $1::bytea[] OR p.keys @> $3::bytea[])
 ORDER BY p.state, p.ref LIMIT $2::integer
