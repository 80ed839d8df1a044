-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_keys.
-- args: 0
-- rows: none
DROP INDEX person_keys
