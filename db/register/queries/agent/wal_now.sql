-- SPDX-License-Identifier: Apache-2.0
-- The end of the register's WAL: whoever has read up to here has read everything committed by now.
-- args: 0
-- rows: one
SELECT pg_current_wal_flush_lsn()::text
