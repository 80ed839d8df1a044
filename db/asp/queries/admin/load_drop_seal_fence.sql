-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_seal_fence: as load_drop_fence.
-- args: 0
-- rows: none
DROP TRIGGER seal_row_fence ON seal_row
