-- SPDX-License-Identifier: Apache-2.0
-- An order whose papers must not move any more.
-- args: 1
-- rows: maybe
UPDATE issue SET state = 4, papers = NULL
 WHERE order_id = $1::bytea AND state = 1 RETURNING 1
