-- SPDX-License-Identifier: Apache-2.0
-- As migration 0010 made it.
-- args: 0
-- rows: none
CREATE INDEX person_keys ON person USING gin (keys)
