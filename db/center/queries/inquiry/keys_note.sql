-- SPDX-License-Identifier: Apache-2.0
-- A key directory is in force: the greatest that ever was.
-- args: 3
-- rows: one
INSERT INTO key_directory (muni, seq, noted_ms) VALUES ($1::text, $2::bigint, $3::bigint)
ON CONFLICT (muni) DO UPDATE SET seq = greatest(key_directory.seq, excluded.seq),
   noted_ms = CASE WHEN excluded.seq > key_directory.seq THEN excluded.noted_ms ELSE key_directory.noted_ms END
RETURNING seq
