-- SPDX-License-Identifier: Apache-2.0
-- When a page was asked for before, newest first.
-- args: 2
-- rows: many
SELECT at_ms, verdict FROM inquiry WHERE number = $1 AND page = $2::smallint ORDER BY at_ms DESC LIMIT 20
