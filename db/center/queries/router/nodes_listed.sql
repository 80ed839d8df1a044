-- SPDX-License-Identifier: Apache-2.0
-- Every announcement that is taken.
-- args: 0
-- rows: many
SELECT muni, build, seal, schema, schema_sha256, conf_sha256 FROM node_listed ORDER BY muni, since_ms
