-- SPDX-License-Identifier: Apache-2.0
-- Rows without a link, and waiting marks without a row.
-- args: 0
-- rows: many
SELECT r.id, r.at_ms, o.id IS NOT NULL, true
  FROM audit_row r LEFT JOIN audit_open o USING (id)
 WHERE NOT EXISTS (SELECT FROM audit_link l WHERE l.row_id = r.id)
UNION ALL
SELECT o.id, 0, true, false FROM audit_open o WHERE NOT EXISTS (SELECT FROM audit_row r WHERE r.id = o.id)
ORDER BY 1 LIMIT 1000
