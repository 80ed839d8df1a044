-- SPDX-License-Identifier: Apache-2.0
-- Until load_add_reference: tested once for all rows (load_is_whole) instead of for each part.
-- args: 0
-- rows: none
ALTER TABLE resident_row DISABLE TRIGGER resident_row_whose, DISABLE TRIGGER resident_row_fence
