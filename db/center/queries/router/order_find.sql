-- SPDX-License-Identifier: Apache-2.0
-- An order as it was asked for, and how far it came.
-- args: 1
-- rows: maybe
SELECT session, oh, state, manifest_hash FROM order_log WHERE order_id = $1::bytea
