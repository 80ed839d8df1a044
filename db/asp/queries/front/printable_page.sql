-- SPDX-License-Identifier: Apache-2.0
-- Registered persons after a ref with their newest rows and seals, for a look at what prints.
-- args: 2
-- rows: many
SELECT p.ref, coalesce(r.rireki_no, 0), r.sealed,
       coalesce(s.rireki_no, 0), coalesce(s.state, 0), s.sealed
  FROM person p
  LEFT JOIN LATERAL (SELECT rireki_no, sealed FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 WHERE p.ref > $1::bytea AND p.state = 1
 ORDER BY p.ref LIMIT $2::integer
