-- SPDX-License-Identifier: Apache-2.0
-- As migration 0018 made it.
-- args: 0
-- rows: none
CREATE TRIGGER card_fence AFTER INSERT ON card
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION sealed_rows_fence()
