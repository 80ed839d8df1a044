-- SPDX-License-Identifier: Apache-2.0
-- What stays of a person: the numbers of their histories, never lower than before.
-- args: 5
-- rows: none
INSERT INTO tombstone (ref, rireki_no, seal_no, card_no, erased_ms)
VALUES ($1::bytea, $2::bigint, $3::bigint, $4::bigint, $5::bigint)
ON CONFLICT (ref) DO UPDATE SET rireki_no = greatest(tombstone.rireki_no, excluded.rireki_no),
    seal_no = greatest(tombstone.seal_no, excluded.seal_no), card_no = greatest(tombstone.card_no, excluded.card_no),
    erased_ms = excluded.erased_ms
