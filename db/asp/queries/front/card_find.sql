-- SPDX-License-Identifier: Apache-2.0
-- The one active holder of a card, and the sealed row that says so.
-- args: 1
-- rows: maybe
SELECT ref, rireki_no, sealed FROM card WHERE card = $1::bytea AND active
