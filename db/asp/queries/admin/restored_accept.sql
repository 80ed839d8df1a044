-- SPDX-License-Identifier: Apache-2.0
-- At home here, past every number that may have been given; still stopped.
-- args: 1
-- rows: one
UPDATE tenant SET home = cluster_home(), next_number = next_number + $1::bigint, stopped = 'restored'
 WHERE home <> cluster_home() RETURNING next_number
