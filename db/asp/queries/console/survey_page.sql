-- SPDX-License-Identifier: Apache-2.0
-- Persons after a ref; of those not looked at as they are, the newest row and seal. All of them when asked so.
-- args: 4
-- rows: many
SELECT p.ref, coalesce(r.rireki_no, 0), r.sealed, coalesce(s.rireki_no, 0), coalesce(s.state, 0), s.sealed, p.version, p.due
  FROM (SELECT ref, version, state = 1 AND ($4::boolean OR NOT EXISTS (SELECT FROM survey v
                 WHERE v.ref = person.ref AND v.version = person.version AND v.basis = $3::bytea)) AS due
          FROM person WHERE ref > $1::bytea ORDER BY ref LIMIT $2::integer) p
  LEFT JOIN LATERAL (SELECT rireki_no, sealed FROM resident_row
                      WHERE p.due AND ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE p.due AND ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 ORDER BY p.ref
