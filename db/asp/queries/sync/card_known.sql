-- SPDX-License-Identifier: Apache-2.0
-- By person and card (its hashes): newest number of their cards (erased ones too), held by them, held by somebody else.
-- args: 2
-- rows: one
SELECT greatest(coalesce((SELECT max(rireki_no) FROM card WHERE ref = $1::bytea), 0),
                coalesce((SELECT card_no FROM tombstone WHERE ref = $1::bytea), 0)),
       EXISTS (SELECT FROM card WHERE card = ANY ($2::bytea[]) AND ref = $1::bytea AND active),
       (SELECT ref FROM card WHERE card = ANY ($2::bytea[]) AND ref <> $1::bytea AND active)
