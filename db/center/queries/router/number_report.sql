-- SPDX-License-Identifier: Apache-2.0
-- What became of one paper: once.
-- args: 4
-- rows: none
UPDATE issue_number SET state = $3, reason = $4 WHERE order_id = $1::bytea AND number = $2 AND state = 'issued'
