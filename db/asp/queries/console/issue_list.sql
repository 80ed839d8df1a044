-- SPDX-License-Identifier: Apache-2.0
-- Copies issued between two instants, newest first.
-- args: 3
-- rows: many
SELECT i.issued_ms, i.kind, i.kiosk, i.state, c.number, c.pages, c.state, c.reason, i.ref, r.rireki_no, r.sealed,
       coalesce(i.reissue_of, ''), coalesce((SELECT state FROM reissue x WHERE x.number = c.number AND x.state <> 4), 0)
  FROM issue i JOIN issue_copy c USING (order_id)
  LEFT JOIN person p ON p.ref = i.ref
  LEFT JOIN resident_row r ON r.ref = p.ref AND r.rireki_no = p.rireki_no
 WHERE i.issued_ms >= $1::bigint AND i.issued_ms < $2::bigint
 ORDER BY i.issued_ms DESC, c.number LIMIT $3::integer
