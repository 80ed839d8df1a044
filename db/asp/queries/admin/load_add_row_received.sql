-- SPDX-License-Identifier: Apache-2.0
-- As migration 0005 made it.
-- args: 0
-- rows: none
CREATE INDEX resident_row_received ON resident_row USING brin (received_ms)
