-- SPDX-License-Identifier: Apache-2.0
-- The issue record; the order's id is there once or the transaction fails.
-- args: 15
-- rows: none
INSERT INTO issue (order_id, th, oh, card, ref, kind, kiosk, whole_household, manifest, manifest_hash, papers_bytes,
                   issued_ms, fee_yen, reissue_of, imprint, state)
VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::smallint, $7::text, $8::boolean, $9::text,
        $10::bytea, $11::integer, $12::bigint, $13::integer, $14::text, $15::bigint, 1)
