-- SPDX-License-Identifier: Apache-2.0
-- The copies of an order.
-- args: 1
-- rows: many
SELECT number, state, reason FROM issue_copy WHERE order_id = $1::bytea ORDER BY number
