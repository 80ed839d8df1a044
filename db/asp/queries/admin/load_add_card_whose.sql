-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it: all rows are compared at once.
-- args: 0
-- rows: none
ALTER TABLE card ADD CONSTRAINT card_ref_fkey FOREIGN KEY (ref) REFERENCES person ON DELETE CASCADE
