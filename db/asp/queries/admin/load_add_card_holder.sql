-- SPDX-License-Identifier: Apache-2.0
-- As migration 0001 made it: two holders of one card fail the load.
-- args: 0
-- rows: none
CREATE UNIQUE INDEX card_one_holder ON card (card) WHERE active
