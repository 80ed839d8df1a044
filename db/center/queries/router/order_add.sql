-- SPDX-License-Identifier: Apache-2.0
-- An order is asked for, unless its id is known or the session has too many. Its commit waits for no
-- disk: an order that a crash takes was answered to nobody (order_answer waits), and may be asked again.
-- args: 8
-- rows: none
INSERT INTO order_log (order_id, session, oh, muni, kiosk, kind, state, at_ms)
SELECT $1::bytea, $2::bytea, $3::bytea, $4, $5, $6::smallint, 'asked', $7::bigint
FROM set_config('synchronous_commit', 'off', true)
WHERE (SELECT count(*) FROM order_log WHERE session = $2::bytea) < $8::bigint
ON CONFLICT (order_id) DO NOTHING
