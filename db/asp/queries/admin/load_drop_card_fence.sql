-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_card_fence: as load_drop_fence.
-- args: 0
-- rows: none
DROP TRIGGER card_fence ON card
