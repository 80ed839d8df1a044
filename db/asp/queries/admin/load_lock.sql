-- SPDX-License-Identifier: Apache-2.0
-- Every table that load_drop_* and load_add_* change, in one order and before any of it.
-- args: 0
-- rows: none
LOCK TABLE person, resident_row, seal_row, card, survey IN ACCESS EXCLUSIVE MODE
