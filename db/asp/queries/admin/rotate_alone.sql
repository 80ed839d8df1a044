-- SPDX-License-Identifier: Apache-2.0
-- One replacement of a data key at a time; held until the connection ends.
-- args: 0
-- rows: one
SELECT pg_try_advisory_lock(1802462838)
