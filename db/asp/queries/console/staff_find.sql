-- SPDX-License-Identifier: Apache-2.0
-- One of the staff, locked for what is counted.
-- args: 1
-- rows: maybe
SELECT user_id, sealed, salt, pass, otp_step, failed, locked_until_ms, active
  FROM staff WHERE user_id = $1::text FOR UPDATE
