-- SPDX-License-Identifier: Apache-2.0
-- An order whose outcome is known.
-- args: 1
-- rows: none
UPDATE issue SET state = 3 WHERE order_id = $1::bytea AND state IN (1, 2, 4)
