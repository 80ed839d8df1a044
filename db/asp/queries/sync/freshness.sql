-- SPDX-License-Identifier: Apache-2.0
-- Up to which instant the register's news are here, the newest batch, and whether it is stopped.
-- args: 0
-- rows: maybe
SELECT l.beat_ms, s.seq, t.stopped IS NOT NULL OR t.home <> cluster_home() FROM lease l, stream s, tenant t
