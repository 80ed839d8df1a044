-- SPDX-License-Identifier: Apache-2.0
-- As migration 0029 made it.
-- args: 0
-- rows: none
CREATE INDEX person_key_3 ON person ((keys[3]))
