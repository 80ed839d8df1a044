-- SPDX-License-Identifier: Apache-2.0
-- Whose a row is, is tested for all rows of a statement at once (0010): a second search for each
-- person. The stream has just looked for them: it holds each one's lock, or has added them, and compares
-- how many that were before it commits. Its transaction says so (plan_by_key); anybody else is tested.
DROP TRIGGER resident_row_whose ON resident_row;
CREATE TRIGGER resident_row_whose AFTER INSERT ON resident_row
	REFERENCING NEW TABLE AS came FOR EACH STATEMENT
	WHEN (current_setting('kofu.persons', true) IS DISTINCT FROM 'locked')
	EXECUTE FUNCTION resident_row_whose();
