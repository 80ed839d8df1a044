-- SPDX-License-Identifier: Apache-2.0
-- Two people lift a stop.
-- args: 3
-- rows: none
WITH lift AS (
	UPDATE muni_state SET stopped = NULL, since_ms = $2::bigint, lifted_by = $3 WHERE muni = $1 AND stopped IS NOT NULL
	RETURNING muni
)
INSERT INTO muni_stop_log (muni, at_ms, stopped, by) SELECT muni, $2::bigint, NULL, $3 FROM lift
