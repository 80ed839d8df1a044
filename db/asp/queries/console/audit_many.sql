-- SPDX-License-Identifier: Apache-2.0
-- Staff who looked at many persons in a day.
-- args: 3
-- rows: many
SELECT actor, count(DISTINCT subject), max(at_ms) FROM audit_row
 WHERE source = 1 AND subject IS NOT NULL AND at_ms >= $1::bigint AND at_ms < $2::bigint
 GROUP BY actor, (at_ms + 32400000) / 86400000 HAVING count(DISTINCT subject) >= $3::integer
 ORDER BY 2 DESC LIMIT 100
