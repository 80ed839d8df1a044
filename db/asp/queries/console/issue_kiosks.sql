-- SPDX-License-Identifier: Apache-2.0
-- Copies by kiosk: waiting, printed, void; the busiest first.
-- args: 3
-- rows: many
SELECT i.kiosk, count(*) FILTER (WHERE c.state = 1), count(*) FILTER (WHERE c.state = 2), count(*) FILTER (WHERE c.state = 3)
  FROM issue i JOIN issue_copy c USING (order_id)
 WHERE i.issued_ms >= $1::bigint AND i.issued_ms < $2::bigint GROUP BY i.kiosk ORDER BY count(*) DESC, i.kiosk LIMIT $3::integer
