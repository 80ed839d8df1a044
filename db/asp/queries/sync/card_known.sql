-- SPDX-License-Identifier: Apache-2.0
-- By person and card: newest number of their cards, held by them, held by somebody else.
-- args: 2
-- rows: one
SELECT (SELECT coalesce(max(rireki_no), 0) FROM card WHERE ref = $1::bytea),
       EXISTS (SELECT FROM card WHERE card = $2::bytea AND ref = $1::bytea AND active),
       (SELECT ref FROM card WHERE card = $2::bytea AND ref <> $1::bytea AND active)
