-- SPDX-License-Identifier: Apache-2.0
-- Rows that wait for their link, oldest first.
-- args: 1
-- rows: many
SELECT r.id, r.uid, r.at_ms, r.source, r.kind, r.actor, r.subject, r.sealed
  FROM audit_open o JOIN audit_row r USING (id) ORDER BY r.id LIMIT $1::integer
