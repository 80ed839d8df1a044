-- SPDX-License-Identifier: Apache-2.0
-- The first of some issue numbers, which nobody else gets; none in a restored database.
-- args: 1
-- rows: one
UPDATE tenant SET next_number = next_number + $1::bigint WHERE home = cluster_home() RETURNING next_number - $1::bigint
