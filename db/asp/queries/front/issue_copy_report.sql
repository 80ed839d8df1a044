-- SPDX-License-Identifier: Apache-2.0
-- What became of a copy.
-- args: 4
-- rows: none
UPDATE issue_copy SET state = $3::smallint, reason = $4::text
 WHERE order_id = $1::bytea AND number = $2::text AND state = 1
