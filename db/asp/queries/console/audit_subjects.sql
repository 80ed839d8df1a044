-- SPDX-License-Identifier: Apache-2.0
-- Persons whom several of the staff looked at.
-- args: 3
-- rows: many
SELECT r.subject, count(DISTINCT r.actor), max(r.at_ms), max(n.rireki_no), (array_agg(n.sealed))[1]
  FROM audit_row r LEFT JOIN person p ON p.ref = r.subject
  LEFT JOIN resident_row n ON n.ref = p.ref AND n.rireki_no = p.rireki_no
 WHERE r.source = 1 AND r.subject IS NOT NULL AND r.at_ms >= $1::bigint AND r.at_ms < $2::bigint
 GROUP BY r.subject HAVING count(DISTINCT r.actor) >= $3::integer ORDER BY 2 DESC LIMIT 100
