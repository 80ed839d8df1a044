-- SPDX-License-Identifier: Apache-2.0
-- As migration 0002 made it.
-- args: 0
-- rows: none
CREATE INDEX card_ref ON card (ref)
