-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_reference: tested once for all rows instead of for each.
-- args: 0
-- rows: none
ALTER TABLE resident_row DROP CONSTRAINT resident_row_ref_fkey
