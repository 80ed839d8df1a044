-- SPDX-License-Identifier: Apache-2.0
-- Rows that wait for their link, oldest first; none in a restored database.
-- args: 1
-- rows: many
SELECT r.id, r.uid, r.at_ms, r.source, r.kind, r.actor, r.subject, r.sealed, r.subjects
  FROM audit_open o JOIN audit_row r USING (id)
 WHERE EXISTS (SELECT FROM tenant WHERE home = cluster_home())
 ORDER BY r.id LIMIT $1::integer
