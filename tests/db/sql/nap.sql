-- SPDX-License-Identifier: Apache-2.0
-- Sleeps so many seconds.
-- args: 1
-- rows: one
SELECT pg_sleep($1)
