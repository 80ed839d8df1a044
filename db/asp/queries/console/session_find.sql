-- SPDX-License-Identifier: Apache-2.0
-- A session that is not over, who holds it, and the roles in force now.
-- args: 2
-- rows: maybe
SELECT s.user_id, s.terminal, s.begun_ms, s.seen_ms, t.active, t.sealed,
       coalesce((SELECT string_agg(r.role, ',') FROM staff_right r WHERE r.user_id = s.user_id
          AND r.ended_ms IS NULL AND r.from_ms <= $2::bigint AND r.until_ms > $2::bigint), '')
  FROM staff_session s JOIN staff t USING (user_id)
 WHERE s.session = $1::bytea AND s.ended_ms IS NULL
