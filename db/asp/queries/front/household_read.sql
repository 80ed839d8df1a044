-- SPDX-License-Identifier: Apache-2.0
-- A person first, with the newest seal registration, then the others of the household: what decides, the
-- newest row, blocks in force (of each subject and source the newest row counts, when it is active).
-- Without what is sealed: see card_read.
-- args: 1
-- rows: many
SELECT p.ref, p.household, p.narabi, p.state, p.rireki_no, p.version, p.parked,
       coalesce(b.own, 0), coalesce(b.house, 0),
       coalesce(r.rireki_no, 0), coalesce(r.state, 0), s.rireki_no, s.state
  FROM person p
  LEFT JOIN LATERAL (SELECT rireki_no, state FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT bit_or(n.kinds) FILTER (WHERE n.subject = p.ref) AS own,
                            bit_or(n.kinds) FILTER (WHERE n.subject = p.household) AS house
                       FROM block n WHERE n.subject IN (p.ref, p.household) AND n.active
                        AND NOT EXISTS (SELECT FROM block later WHERE later.subject = n.subject
                              AND later.source = n.source AND later.rireki_no > n.rireki_no)) b ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state FROM seal_row
                      WHERE p.ref = $1::bytea AND ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 WHERE p.household = (SELECT household FROM person WHERE ref = $1::bytea)
 ORDER BY p.ref <> $1::bytea, p.state, p.narabi, p.ref
 LIMIT 65
