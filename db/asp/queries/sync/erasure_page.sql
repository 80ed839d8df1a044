-- SPDX-License-Identifier: Apache-2.0
-- The log of what was erased after a number.
-- args: 2
-- rows: many
SELECT id, reason, ref, rireki_no, n_rows, removed_ms, erased_ms, hash
FROM erasure WHERE id > $1::bigint ORDER BY id LIMIT $2::integer
