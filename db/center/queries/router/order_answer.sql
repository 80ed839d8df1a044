-- SPDX-License-Identifier: Apache-2.0
-- Binds an order to the first manifest that answers it.
-- args: 2
-- rows: none
UPDATE order_log SET state = 'answered', manifest_hash = $2::bytea
WHERE order_id = $1::bytea AND manifest_hash IS NULL
