-- SPDX-License-Identifier: Apache-2.0
-- A try of a password: failed ones, lock, the newest code used.
-- args: 4
-- rows: none
UPDATE staff SET failed = $2::integer, locked_until_ms = $3::bigint, otp_step = $4::bigint WHERE user_id = $1::text
