-- SPDX-License-Identifier: Apache-2.0
-- Those among them, once linked, from one place of the table to another.
-- args: 3
-- rows: many
SELECT id, uid, at_ms, source, kind, actor, subject, sealed, subjects FROM audit_row
 WHERE ctid >= $2::tid AND ctid < $3::tid AND sealed_gen(sealed) <> $1::integer
   AND EXISTS (SELECT FROM audit_link l WHERE l.row_id = audit_row.id)
