-- SPDX-License-Identifier: Apache-2.0
-- Rows that have their link.
-- args: 2
-- rows: none
DELETE FROM audit_open WHERE id BETWEEN $1::bigint AND $2::bigint
 AND EXISTS (SELECT FROM audit_link l WHERE l.row_id = audit_open.id)
