-- SPDX-License-Identifier: Apache-2.0
-- The fees that hold and those to come.
-- args: 2
-- rows: many
SELECT id, kind, fee_yen, from_ms, set_by, set_ms, from_ms <= $1::bigint FROM fee f
 WHERE ended_ms IS NULL AND (from_ms > $1::bigint OR id = (SELECT id FROM fee
        WHERE kind = f.kind AND from_ms <= $1::bigint AND ended_ms IS NULL ORDER BY from_ms DESC, id DESC LIMIT 1))
 ORDER BY kind, from_ms, id LIMIT $2::integer
