-- SPDX-License-Identifier: Apache-2.0
-- Refused tries and log-ins by who tried.
-- args: 2
-- rows: many
SELECT actor, count(*), max(at_ms) FROM audit_row
 WHERE source = 1 AND kind = 3 AND at_ms >= $1::bigint AND at_ms < $2::bigint
 GROUP BY actor ORDER BY 2 DESC LIMIT 100
