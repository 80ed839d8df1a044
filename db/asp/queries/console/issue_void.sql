-- SPDX-License-Identifier: Apache-2.0
-- A number that is not to be taken any more; whose it is.
-- args: 1
-- rows: maybe
UPDATE issue_copy c SET state = 3, reason = 'city' FROM issue i
 WHERE c.number = $1::text AND c.state <> 3 AND i.order_id = c.order_id RETURNING i.ref
