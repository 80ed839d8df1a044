-- SPDX-License-Identifier: Apache-2.0
-- As before load_drop_reference.
-- args: 0
-- rows: none
ALTER TABLE resident_row ENABLE TRIGGER resident_row_whose, ENABLE TRIGGER resident_row_fence
