-- SPDX-License-Identifier: Apache-2.0
-- At home here, on a later timeline of the same cluster: a standby that had all that was answered took over.
-- args: 0
-- rows: maybe
UPDATE tenant SET home = cluster_home()
 WHERE home <> cluster_home() AND split_part(home, '/', 1) = split_part(cluster_home(), '/', 1)
RETURNING next_number
