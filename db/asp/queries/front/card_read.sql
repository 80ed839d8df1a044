-- SPDX-License-Identifier: Apache-2.0
-- As household_read, of the one active holder of a card (its hashes); with what is sealed, the seal only where
-- $2, and the sealed row that says whose card it is. None: nobody holds it. Two holders come first both. The
-- inner SELECT: see persons_lock.
-- args: 2
-- rows: many
SELECT p.ref, p.household, p.narabi, p.state, p.rireki_no, p.version, p.parked,
       coalesce(b.own, 0), coalesce(b.house, 0),
       coalesce(r.rireki_no, 0), coalesce(r.state, 0), s.rireki_no, s.state,
       r.sealed, CASE WHEN $2::boolean THEN s.sealed END, p.ref = c.ref, c.rireki_no, c.sealed
  FROM card c
  JOIN person self ON self.ref = c.ref
  JOIN person p ON p.household = self.household
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT bit_or(n.kinds) FILTER (WHERE n.subject = p.ref) AS own,
                            bit_or(n.kinds) FILTER (WHERE n.subject = p.household) AS house
                       FROM block n WHERE n.subject IN (p.ref, p.household) AND n.active
                        AND NOT EXISTS (SELECT FROM block later WHERE later.subject = n.subject
                              AND later.source = n.source AND later.rireki_no > n.rireki_no)) b ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE p.ref = c.ref AND ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 WHERE c.card = ANY (ARRAY(SELECT unnest($1::bytea[]))) AND c.active
 ORDER BY p.ref <> c.ref, p.state, p.narabi, p.ref
 LIMIT 65
