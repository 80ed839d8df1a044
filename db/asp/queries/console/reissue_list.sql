-- SPDX-License-Identifier: Apache-2.0
-- Allowances that are open first, then those of before, newest first, with the number that came of each.
-- args: 1
-- rows: many
SELECT x.id, x.number, x.kind, x.state, x.sealed, x.until_ms, x.asked_by, x.asked_ms, coalesce(x.decided_by, ''),
       coalesce(x.used_ms, 0), coalesce((SELECT min(number) FROM issue_copy c WHERE c.order_id = x.order_id), ''),
       x.ref, r.rireki_no, r.sealed
  FROM reissue x
  LEFT JOIN person p ON p.ref = x.ref
  LEFT JOIN resident_row r ON r.ref = p.ref AND r.rireki_no = p.rireki_no
 ORDER BY x.state IN (1, 2) DESC, x.id DESC LIMIT $1::integer
