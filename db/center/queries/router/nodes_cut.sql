-- SPDX-License-Identifier: Apache-2.0
-- Every node that is cut off.
-- args: 0
-- rows: many
SELECT node, since_ms, by FROM node_cut ORDER BY node
