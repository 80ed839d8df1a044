-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_card_holder.
-- args: 0
-- rows: none
DROP INDEX card_one_holder
