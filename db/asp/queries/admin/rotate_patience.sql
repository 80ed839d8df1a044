-- SPDX-License-Identifier: Apache-2.0
-- Nobody waits long behind who waits for the writers.
-- args: 0
-- rows: one
SELECT set_config('lock_timeout', '500', true)
