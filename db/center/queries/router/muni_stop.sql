-- SPDX-License-Identifier: Apache-2.0
-- Stops a municipality; the first reason stays.
-- args: 3
-- rows: none
WITH stop AS (
	INSERT INTO muni_state (muni, stopped, since_ms) VALUES ($1, $2, $3::bigint)
	ON CONFLICT (muni) DO UPDATE SET stopped = excluded.stopped, since_ms = excluded.since_ms, lifted_by = NULL
	WHERE muni_state.stopped IS NULL
	RETURNING muni
)
INSERT INTO muni_stop_log (muni, at_ms, stopped, by) SELECT muni, $3::bigint, $2, 'center' FROM stop
