-- SPDX-License-Identifier: Apache-2.0
-- What is kept of each municipality: its stop, what the last one was for, how far its directory came.
-- args: 0
-- rows: many
SELECT m.muni, s.stopped, s.since_ms, l.stopped, l.at_ms, p.seq
  FROM (SELECT muni FROM muni_state UNION SELECT muni FROM directory_position UNION SELECT muni FROM muni_stop_log) m
  LEFT JOIN muni_state s USING (muni)
  LEFT JOIN directory_position p USING (muni)
  LEFT JOIN LATERAL (SELECT stopped, at_ms FROM muni_stop_log
                      WHERE muni = m.muni AND stopped IS NOT NULL AND stopped <> 'operator'
                      ORDER BY at_ms DESC LIMIT 1) l ON true
 ORDER BY m.muni
