-- SPDX-License-Identifier: Apache-2.0
-- Which load the replica is of; 0 = none yet.
-- args: 0
-- rows: one
SELECT coalesce((SELECT epoch FROM stream), 0)
