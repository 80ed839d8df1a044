-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it.
-- args: 0
-- rows: none
ALTER TABLE card ADD PRIMARY KEY (card, ref)
