-- SPDX-License-Identifier: Apache-2.0
-- Where the stream goes on: batch 1 of this epoch.
-- args: 4
-- rows: none
INSERT INTO stream (epoch, seq, hash, source, register_ms)
VALUES ($1::bigint, 0, $2::bytea, $3::text, $4::bigint)
ON CONFLICT (only_one) DO UPDATE
SET epoch = excluded.epoch, seq = 0, hash = excluded.hash, source = excluded.source,
    register_ms = excluded.register_ms, session = NULL
