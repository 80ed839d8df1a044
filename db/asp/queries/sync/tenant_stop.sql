-- SPDX-License-Identifier: Apache-2.0
-- The first reason stays; what was compared before a further one does not count.
-- args: 1
-- rows: none
WITH again AS (
	UPDATE tenant SET compared_ms = 0 WHERE stopped IS NOT NULL AND compared_ms <> 0
)
UPDATE tenant SET stopped = $1::text WHERE stopped IS NULL
