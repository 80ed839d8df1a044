-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_card_key.
-- args: 0
-- rows: none
ALTER TABLE card DROP CONSTRAINT card_pkey
