-- SPDX-License-Identifier: Apache-2.0
-- The staff with the roles in force.
-- args: 1
-- rows: many
SELECT s.user_id, s.sealed, s.active, s.locked_until_ms, s.made_ms,
       coalesce((SELECT string_agg(r.role || ':' || r.until_ms, ',' ORDER BY r.role) FROM staff_right r
          WHERE r.user_id = s.user_id AND r.ended_ms IS NULL AND r.until_ms > $1::bigint), '')
  FROM staff s ORDER BY s.user_id
