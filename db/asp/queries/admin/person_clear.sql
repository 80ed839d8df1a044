-- SPDX-License-Identifier: Apache-2.0
-- Everybody with rows, seals and cards.
-- args: 0
-- rows: none
DELETE FROM person
