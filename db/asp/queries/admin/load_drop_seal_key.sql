-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_seal_key.
-- args: 0
-- rows: none
ALTER TABLE seal_row DROP CONSTRAINT seal_row_pkey
