-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it; from now on pages are filled as 0026 says.
-- args: 0
-- rows: none
ALTER TABLE person ADD PRIMARY KEY (ref), SET (fillfactor = 90)
