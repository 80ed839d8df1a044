-- SPDX-License-Identifier: Apache-2.0
-- A person first, with the newest seal registration, then the others of the household: what decides, the
-- newest row, blocks in force.
-- args: 1
-- rows: many
SELECT p.ref, p.household, p.narabi, p.state, p.rireki_no, p.version, p.parked,
       coalesce(own.kinds, 0), coalesce(house.kinds, 0),
       coalesce(r.rireki_no, 0), coalesce(r.state, 0), r.sealed,
       s.rireki_no, s.state, s.sealed
  FROM person p
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT bit_or(kinds) AS kinds
                       FROM (SELECT DISTINCT ON (source) active, kinds FROM block
                              WHERE subject = p.ref ORDER BY source, rireki_no DESC) newest
                      WHERE active) own ON true
  LEFT JOIN LATERAL (SELECT bit_or(kinds) AS kinds
                       FROM (SELECT DISTINCT ON (source) active, kinds FROM block
                              WHERE subject = p.household ORDER BY source, rireki_no DESC) newest
                      WHERE active) house ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE p.ref = $1::bytea AND ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 WHERE p.household = (SELECT household FROM person WHERE ref = $1::bytea)
 ORDER BY p.ref <> $1::bytea, p.state, p.narabi, p.ref
 LIMIT 65
