-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_key_1 and those after it.
-- args: 0
-- rows: none
DROP INDEX person_key_1, person_key_2, person_key_3, person_keys_more
