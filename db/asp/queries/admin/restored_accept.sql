-- SPDX-License-Identifier: Apache-2.0
-- At home here, past every number that may have been given; still stopped, and what was compared
-- in the database that was lost does not count, though that was stopped for the same.
-- args: 1
-- rows: one
UPDATE tenant SET home = cluster_home(), next_number = next_number + $1::bigint, stopped = 'restored', compared_ms = 0
 WHERE home <> cluster_home() RETURNING next_number
