-- SPDX-License-Identifier: Apache-2.0
-- A new password.
-- args: 3
-- rows: none
UPDATE staff SET salt = $2::bytea, pass = $3::bytea WHERE user_id = $1::text
