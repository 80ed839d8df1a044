-- SPDX-License-Identifier: Apache-2.0
-- Is that announcement listed?
-- args: 2
-- rows: one
SELECT EXISTS (SELECT FROM node_listed WHERE muni = $1 AND digest = $2::bytea)
