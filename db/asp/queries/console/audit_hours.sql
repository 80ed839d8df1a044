-- SPDX-License-Identifier: Apache-2.0
-- Reads of staff at unusual hours: nights and weekends in Japan.
-- args: 2
-- rows: many
SELECT actor, count(*), max(at_ms) FROM (
	SELECT actor, at_ms, to_timestamp(at_ms / 1000) AT TIME ZONE 'Asia/Tokyo' AS t FROM audit_row
	 WHERE source = 1 AND kind IN (1, 2) AND at_ms >= $1::bigint AND at_ms < $2::bigint) x
 WHERE extract(hour FROM t) NOT BETWEEN 8 AND 18 OR extract(isodow FROM t) > 5
 GROUP BY actor ORDER BY 2 DESC LIMIT 100
