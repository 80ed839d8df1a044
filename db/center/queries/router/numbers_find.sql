-- SPDX-License-Identifier: Apache-2.0
-- The numbers of an order, as far as they were reported.
-- args: 1
-- rows: many
SELECT number, state, reason FROM issue_number WHERE order_id = $1::bytea ORDER BY number
