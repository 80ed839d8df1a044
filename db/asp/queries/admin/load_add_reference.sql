-- SPDX-License-Identifier: Apache-2.0
-- As migration 0023 made it.
-- args: 0
-- rows: none
CREATE TRIGGER resident_row_whose AFTER INSERT ON resident_row
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT
	WHEN (current_setting('kofu.persons', true) IS DISTINCT FROM 'locked')
	EXECUTE FUNCTION resident_row_whose()
