-- SPDX-License-Identifier: Apache-2.0
-- Closures that hold or are to come, in their order.
-- args: 2
-- rows: many
SELECT id, kinds, category, note, from_ms, until_ms, set_by, set_ms, from_ms <= $1::bigint
  FROM closure WHERE ended_ms IS NULL AND until_ms > $1::bigint ORDER BY from_ms, id LIMIT $2::integer
