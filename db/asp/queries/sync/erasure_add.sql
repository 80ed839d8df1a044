-- SPDX-License-Identifier: Apache-2.0
-- What was erased.
-- args: 8
-- rows: none
INSERT INTO erasure (id, reason, ref, rireki_no, n_rows, removed_ms, erased_ms, hash)
VALUES ($1::bigint, $2::text, $3::bytea, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bytea)
