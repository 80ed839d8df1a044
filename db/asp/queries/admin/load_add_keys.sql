-- SPDX-License-Identifier: Apache-2.0
-- As migration 0006 made it.
-- args: 0
-- rows: none
CREATE INDEX resident_row_keys ON resident_row USING gin (keys)
