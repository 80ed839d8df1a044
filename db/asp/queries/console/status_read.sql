-- SPDX-License-Identifier: Apache-2.0
-- How the replica stands.
-- args: 1
-- rows: one
SELECT coalesce(t.stopped, CASE WHEN t.home <> cluster_home() THEN 'restored' END),
        t.closed_kinds, coalesce(s.seq, 0), coalesce(s.register_ms, 0), coalesce(l.beat_ms, 0),
       coalesce(l.seq, 0), (SELECT count(*) FROM person WHERE parked),
       (SELECT count(*) FROM stop WHERE state <> 3), (SELECT count(*) FROM stop WHERE state = 2),
       (SELECT count(*) FROM issue WHERE issued_ms >= $1::bigint),
       (SELECT count(*) FROM unprintable)
  FROM tenant t LEFT JOIN stream s ON true LEFT JOIN lease l ON true
