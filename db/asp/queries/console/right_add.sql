-- SPDX-License-Identifier: Apache-2.0
-- A role for somebody, until a day.
-- args: 5
-- rows: none
INSERT INTO staff_right (user_id, role, from_ms, until_ms, granted_by)
VALUES ($1::text, $2::text, $3::bigint, $4::bigint, $5::text)
