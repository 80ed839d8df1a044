-- SPDX-License-Identifier: Apache-2.0
-- Ended sessions without an order are forgotten.
-- args: 1
-- rows: none
DELETE FROM session x WHERE x.expires_ms < $1::bigint AND NOT EXISTS (SELECT FROM order_log o WHERE o.session = x.id)
