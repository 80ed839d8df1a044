-- SPDX-License-Identifier: Apache-2.0
-- Serves again; a human decided so.
-- args: 0
-- rows: none
UPDATE tenant SET stopped = NULL WHERE stopped IS NOT NULL
