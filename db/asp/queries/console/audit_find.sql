-- SPDX-License-Identifier: Apache-2.0
-- The audit by who, whose and when, newest first.
-- args: 5
-- rows: many
SELECT r.id, r.uid, r.at_ms, r.source, r.kind, r.actor, r.subject, r.sealed, r.subjects, p.rireki_no, n.sealed
  FROM audit_row r
  LEFT JOIN person p ON p.ref = CASE WHEN r.subjects IS NULL THEN r.subject ELSE $4::bytea END
  LEFT JOIN resident_row n ON n.ref = p.ref AND n.rireki_no = p.rireki_no
 WHERE r.at_ms >= $1::bigint AND r.at_ms < $2::bigint
   AND ($3::bytea IS NULL OR r.actor = $3::bytea)
   AND ($4::bytea IS NULL OR r.subject = $4::bytea
        OR (r.subjects IS NOT NULL AND position($4::bytea in r.subjects) % 16 = 1))
 ORDER BY r.id DESC LIMIT $5::integer
