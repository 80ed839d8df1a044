-- SPDX-License-Identifier: Apache-2.0
-- An announcement is taken no more.
-- args: 4
-- rows: none
WITH gone AS (DELETE FROM node_listed WHERE muni = $1 AND digest = $2::bytea RETURNING muni)
INSERT INTO node_log (at_ms, what, muni, digest, by) SELECT $3::bigint, 'unlisted', muni, $2::bytea, $4 FROM gone
