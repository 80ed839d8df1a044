-- SPDX-License-Identifier: Apache-2.0
-- The first reason stays.
-- args: 1
-- rows: none
UPDATE tenant SET stopped = $1::text WHERE stopped IS NULL
