-- SPDX-License-Identifier: Apache-2.0
-- Copies by day since the first instant, kind and outcome, with their fees.
-- args: 2
-- rows: many
SELECT (i.issued_ms - $1::bigint) / 86400000, i.kind, c.state, count(*), coalesce(sum(i.fee_yen), 0)
  FROM issue i JOIN issue_copy c USING (order_id)
 WHERE i.issued_ms >= $1::bigint AND i.issued_ms < $2::bigint GROUP BY 1, 2, 3
