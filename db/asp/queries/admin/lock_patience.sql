-- SPDX-License-Identifier: Apache-2.0
-- How many milliseconds this transaction waits for a lock (0: without end). Nobody waits long behind who
-- waits for the writers.
-- args: 1
-- rows: one
SELECT set_config('lock_timeout', $1::text, true)
