-- SPDX-License-Identifier: Apache-2.0
-- When this is held nobody has written what is not committed (write_gen).
-- args: 0
-- rows: one
SELECT pg_advisory_xact_lock(1802462837)
