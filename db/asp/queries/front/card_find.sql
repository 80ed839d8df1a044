-- SPDX-License-Identifier: Apache-2.0
-- The one active holder of a card.
-- args: 1
-- rows: maybe
SELECT ref FROM card WHERE card = $1::bytea AND active
