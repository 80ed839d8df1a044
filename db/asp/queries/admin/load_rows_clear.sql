-- SPDX-License-Identifier: Apache-2.0
-- Rows of nobody.
-- args: 0
-- rows: none
TRUNCATE resident_row
