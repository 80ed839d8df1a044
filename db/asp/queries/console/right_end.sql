-- SPDX-License-Identifier: Apache-2.0
-- A role taken back; all of somebody's when it is NULL.
-- args: 4
-- rows: many
UPDATE staff_right SET ended_ms = $3::bigint, ended_by = $4::text
 WHERE user_id = $1::text AND ended_ms IS NULL AND ($2::text IS NULL OR role = $2::text) RETURNING role
