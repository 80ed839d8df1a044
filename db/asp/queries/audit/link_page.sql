-- SPDX-License-Identifier: Apache-2.0
-- Links after one with the rows they stand for.
-- args: 2
-- rows: many
SELECT l.seq, l.head, l.row_id, r.id, r.uid, r.at_ms, r.source, r.kind, r.actor, r.subject, r.sealed, r.subjects
  FROM audit_link l LEFT JOIN audit_row r ON r.id = l.row_id
 WHERE l.seq > $1::bigint ORDER BY l.seq LIMIT $2::integer
