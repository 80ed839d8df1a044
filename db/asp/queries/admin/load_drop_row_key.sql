-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_row_key.
-- args: 0
-- rows: none
ALTER TABLE resident_row DROP CONSTRAINT resident_row_pkey
