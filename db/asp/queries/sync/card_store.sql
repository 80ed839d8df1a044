-- SPDX-License-Identifier: Apache-2.0
-- A card and who holds it.
-- args: 5
-- rows: none
INSERT INTO card (card, ref, rireki_no, active, sealed)
VALUES ($1::bytea, $2::bytea, $3::bigint, $4::boolean, $5::bytea)
ON CONFLICT (card, ref) DO UPDATE
SET rireki_no = excluded.rireki_no, active = excluded.active, sealed = excluded.sealed
