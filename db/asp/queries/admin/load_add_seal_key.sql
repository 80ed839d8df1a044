-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it.
-- args: 0
-- rows: none
ALTER TABLE seal_row ADD PRIMARY KEY (ref, rireki_no)
