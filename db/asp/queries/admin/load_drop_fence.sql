-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_fence: the load itself holds which data key is written under (key_hold).
-- args: 0
-- rows: none
DROP TRIGGER resident_row_fence ON resident_row
