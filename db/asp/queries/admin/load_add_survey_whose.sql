-- SPDX-License-Identifier: Apache-2.0
-- As migration 0013 made it.
-- args: 0
-- rows: none
ALTER TABLE survey ADD CONSTRAINT survey_ref_fkey FOREIGN KEY (ref) REFERENCES person ON DELETE CASCADE
