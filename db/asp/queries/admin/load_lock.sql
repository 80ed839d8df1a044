-- SPDX-License-Identifier: Apache-2.0
-- Every table that the persons' side of a first load changes, in one order and before any of it.
-- args: 0
-- rows: none
LOCK TABLE person, seal_row, card, survey IN ACCESS EXCLUSIVE MODE
