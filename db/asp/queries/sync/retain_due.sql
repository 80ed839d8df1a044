-- SPDX-License-Identifier: Apache-2.0
-- Removed persons whose period is over, with the numbers of their histories and how many rows they have.
-- args: 2
-- rows: many
SELECT p.ref, p.rireki_no, p.removed_ms,
       coalesce((SELECT max(rireki_no) FROM seal_row WHERE ref = p.ref), 0),
       coalesce((SELECT max(rireki_no) FROM card WHERE ref = p.ref), 0),
       1 + (SELECT count(*) FROM resident_row WHERE ref = p.ref) + (SELECT count(*) FROM seal_row WHERE ref = p.ref)
         + (SELECT count(*) FROM card WHERE ref = p.ref)
  FROM person p WHERE p.state = 2 AND p.removed_ms <= $1::bigint
 ORDER BY p.removed_ms, p.ref LIMIT $2::integer FOR UPDATE
