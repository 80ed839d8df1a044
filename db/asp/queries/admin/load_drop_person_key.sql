-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_person_key; who refers to it was dropped before. Until then pages keep
-- room beside each row for its changes.
-- args: 0
-- rows: none
ALTER TABLE person DROP CONSTRAINT person_pkey, SET (fillfactor = 70)
