-- SPDX-License-Identifier: Apache-2.0
-- Cuts a node off; who did it first stays.
-- args: 3
-- rows: none
WITH cut AS (
	INSERT INTO node_cut (node, since_ms, by) VALUES ($1, $2::bigint, $3) ON CONFLICT (node) DO NOTHING RETURNING node
)
INSERT INTO node_log (at_ms, what, node, by) SELECT $2::bigint, 'cut', node, $3 FROM cut
