-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it.
-- args: 0
-- rows: none
ALTER TABLE resident_row ADD CONSTRAINT resident_row_ref_fkey FOREIGN KEY (ref) REFERENCES person ON DELETE CASCADE
