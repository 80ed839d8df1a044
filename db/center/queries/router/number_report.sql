-- SPDX-License-Identifier: Apache-2.0
-- What became of an order's papers: once of each.
-- args: 4
-- rows: none
UPDATE issue_number n SET state = c.state, reason = c.reason
FROM unnest($2::text[], $3::text[], $4::text[]) AS c (number, state, reason)
WHERE n.order_id = $1::bytea AND n.number = c.number AND n.state = 'issued'
