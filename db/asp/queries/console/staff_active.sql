-- SPDX-License-Identifier: Apache-2.0
-- In office, or gone; a lock ends either way.
-- args: 2
-- rows: maybe
UPDATE staff SET active = $2::boolean, failed = 0, locked_until_ms = 0 WHERE user_id = $1::text RETURNING user_id
