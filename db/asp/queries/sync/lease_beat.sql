-- SPDX-License-Identifier: Apache-2.0
-- Only forward: an old beat played again changes nothing.
-- args: 2
-- rows: none
INSERT INTO lease (beat_ms, seq) VALUES ($1::bigint, $2::bigint)
ON CONFLICT (only_one) DO UPDATE SET beat_ms = excluded.beat_ms, seq = excluded.seq
WHERE lease.beat_ms <= excluded.beat_ms
