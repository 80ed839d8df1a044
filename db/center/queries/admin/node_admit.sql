-- SPDX-License-Identifier: Apache-2.0
-- Two people let a node in again.
-- args: 3
-- rows: none
WITH admitted AS (DELETE FROM node_cut WHERE node = $1 RETURNING node)
INSERT INTO node_log (at_ms, what, node, by) SELECT $2::bigint, 'admitted', node, $3 FROM admitted
