-- SPDX-License-Identifier: Apache-2.0
-- Serves again, as a human decided: behind a reconciliation that began after the stop, or
-- without one. Says whether it was stopped, and whether it is lifted.
-- args: 1
-- rows: one
WITH lifted AS (
	UPDATE tenant SET stopped = NULL WHERE stopped IS NOT NULL AND ($1::boolean OR compared_ms > stopped_ms)
	RETURNING 1
)
SELECT t.stopped IS NOT NULL, EXISTS (SELECT FROM lifted) FROM tenant t
