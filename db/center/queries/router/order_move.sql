-- SPDX-License-Identifier: Apache-2.0
-- How far an order came; an answered one is never refused afterwards.
-- args: 2
-- rows: none
UPDATE order_log SET state = $2 WHERE order_id = $1::bytea AND (manifest_hash IS NULL OR $2 <> 'refused')
