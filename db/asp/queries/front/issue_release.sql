-- SPDX-License-Identifier: Apache-2.0
-- The one release of an order; none when it was redeemed or refused before.
-- args: 2
-- rows: maybe
UPDATE issue SET state = 2, released_ms = $2::bigint, papers = NULL
 WHERE order_id = $1::bytea AND state = 1 RETURNING 1
