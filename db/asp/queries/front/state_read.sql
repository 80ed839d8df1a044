-- SPDX-License-Identifier: Apache-2.0
-- Whether this replica may be asked at all: the stop, how far the stream came, the lease, kiosks that are stopped.
-- args: 0
-- rows: one
SELECT coalesce(t.stopped, CASE WHEN t.home <> cluster_home() THEN 'restored' END),
        coalesce(s.seq, 0), coalesce(s.register_ms, 0), l.beat_ms, l.seq, t.closed_kinds,
       (SELECT ',' || string_agg(kiosk, ',') || ',' FROM own_kiosk WHERE stopped)
  FROM tenant t
  LEFT JOIN stream s ON true
  LEFT JOIN lease l ON true
