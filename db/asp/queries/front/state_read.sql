-- SPDX-License-Identifier: Apache-2.0
-- Whether this replica may be asked at all: the stop, how far the stream came, the lease, kiosks that are stopped;
-- which version of the imprint holds at an instant (0: not asked; none: the profile's own); how new the keys are.
-- args: 1
-- rows: one
SELECT coalesce(t.stopped, CASE WHEN t.home <> cluster_home() THEN 'restored' END),
        coalesce(s.seq, 0), coalesce(s.register_ms, 0), l.beat_ms, l.seq, t.closed_kinds,
       (SELECT ',' || string_agg(kiosk, ',') || ',' FROM own_kiosk WHERE stopped), i.number, i.tag,
       t.ring_seq
  FROM tenant t
  LEFT JOIN stream s ON true
  LEFT JOIN lease l ON true
  LEFT JOIN LATERAL (SELECT number, tag FROM imprint
        WHERE $1::bigint > 0 AND approved_ms IS NOT NULL AND ended_ms IS NULL AND holds_ms <= $1::bigint
        ORDER BY number DESC LIMIT 1) i ON true
