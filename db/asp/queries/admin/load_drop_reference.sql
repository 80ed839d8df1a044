-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_reference. Each row is of the record that its person is of, and as many came (whole_check).
-- Dropped: of a trigger that is only disabled, each row is kept for it all the same.
-- args: 0
-- rows: none
DROP TRIGGER resident_row_whose ON resident_row
