-- SPDX-License-Identifier: Apache-2.0
-- Whether anybody in office holds a role.
-- args: 2
-- rows: one
SELECT EXISTS (SELECT FROM staff s JOIN staff_right r USING (user_id)
 WHERE s.active AND r.role = $1::text AND r.ended_ms IS NULL AND r.until_ms > $2::bigint)
