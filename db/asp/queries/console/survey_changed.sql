-- SPDX-License-Identifier: Apache-2.0
-- Of persons whose rows came since an instant those not looked at as they are, with the newest row and seal.
-- args: 3
-- rows: many
SELECT p.ref, coalesce(r.rireki_no, 0), r.sealed, coalesce(s.rireki_no, 0), coalesce(s.state, 0), s.sealed, p.version, true
  FROM (SELECT ref FROM resident_row WHERE received_ms >= $1::bigint
        UNION SELECT ref FROM seal_row WHERE received_ms >= $1::bigint) c
  JOIN person p ON p.ref = c.ref AND p.state = 1
  LEFT JOIN LATERAL (SELECT rireki_no, sealed FROM resident_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT rireki_no, state, sealed FROM seal_row
                      WHERE ref = p.ref ORDER BY rireki_no DESC LIMIT 1) s ON true
 WHERE NOT EXISTS (SELECT FROM survey v WHERE v.ref = p.ref AND v.version = p.version AND v.basis = $2::bytea)
 LIMIT $3::integer
