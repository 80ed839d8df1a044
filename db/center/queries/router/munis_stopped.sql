-- SPDX-License-Identifier: Apache-2.0
-- Which municipalities are stopped.
-- args: 0
-- rows: many
SELECT muni FROM muni_state WHERE stopped IS NOT NULL
