-- SPDX-License-Identifier: Apache-2.0
-- How far an order came, forward only.
-- args: 2
-- rows: none
UPDATE order_log SET state = $2
WHERE order_id = $1::bytea AND (
	($2 = 'refused' AND manifest_hash IS NULL) OR
	($2 = 'released' AND state = 'answered') OR
	($2 = 'reported' AND manifest_hash IS NOT NULL))
