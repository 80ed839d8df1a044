-- SPDX-License-Identifier: Apache-2.0
-- Persons after a ref up to another: what decides, newest row, seal and blocks, and what holds them back.
-- args: 3
-- rows: many
SELECT p.ref, p.household, p.state, p.narabi, p.rireki_no, p.version, p.parked,
       coalesce(r.rireki_no, 0), coalesce(r.state, 0), r.sealed,
       coalesce(s.rireki_no, 0), coalesce(s.state, 0), s.sealed,
       coalesce(own.rireki_no, 0), coalesce(own.active, false), coalesce(own.kinds, 0),
       coalesce(house.rireki_no, 0), coalesce(house.active, false), coalesce(house.kinds, 0),
       coalesce(held.active, false), coalesce((SELECT max(id) FROM parked WHERE ref = p.ref), 0)
  FROM person p
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT rireki_no, active, kinds FROM block
                      WHERE subject = p.ref AND source = 1 ORDER BY rireki_no DESC LIMIT 1) own ON true
  LEFT JOIN LATERAL (SELECT rireki_no, active, kinds FROM block
                      WHERE subject = p.household AND source = 1 ORDER BY rireki_no DESC LIMIT 1) house ON true
  LEFT JOIN LATERAL (SELECT active FROM block
                      WHERE subject = p.ref AND source = 3 ORDER BY rireki_no DESC LIMIT 1) held ON true
 WHERE p.ref > $1::bytea AND p.ref <= $2::bytea ORDER BY p.ref LIMIT $3::integer
