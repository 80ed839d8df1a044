-- SPDX-License-Identifier: Apache-2.0
-- An order, of the time $2, whose papers must not move any more.
-- args: 2
-- rows: maybe
WITH papers AS (DELETE FROM issue_paper WHERE issued_ms = $2::bigint AND order_id = $1::bytea)
UPDATE issue SET state = 4
 WHERE order_id = $1::bytea AND state = 1 RETURNING 1
