-- SPDX-License-Identifier: Apache-2.0
-- When a page was asked for before this record ($3 at $4), newest first, and how often in all.
-- args: 4
-- rows: many
SELECT at_ms, count(*) OVER () FROM inquiry
 WHERE number = $1 AND page = $2::smallint AND (at_ms, id) < ($4::bigint, $3)
 ORDER BY at_ms DESC, id DESC LIMIT 20
