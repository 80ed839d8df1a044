-- SPDX-License-Identifier: Apache-2.0
-- The operator stops a municipality; the first reason stays.
-- args: 2
-- rows: none
WITH stop AS (
	INSERT INTO muni_state (muni, stopped, since_ms) VALUES ($1, 'operator', $2::bigint)
	ON CONFLICT (muni) DO UPDATE SET stopped = excluded.stopped, since_ms = excluded.since_ms, lifted_by = NULL
	WHERE muni_state.stopped IS NULL
	RETURNING muni
)
INSERT INTO muni_stop_log (muni, at_ms, stopped, by) SELECT muni, $2::bigint, 'operator', 'operator' FROM stop
