-- SPDX-License-Identifier: Apache-2.0
-- The one release of an order, of the time $2, at $3; none when it was redeemed or refused before.
-- args: 3
-- rows: maybe
WITH papers AS (DELETE FROM issue_paper WHERE issued_ms = $2::bigint AND order_id = $1::bytea)
UPDATE issue SET state = 2, released_ms = $3::bigint
 WHERE order_id = $1::bytea AND state = 1 RETURNING 1
