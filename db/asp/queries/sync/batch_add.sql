-- SPDX-License-Identifier: Apache-2.0
-- Remembers a batch, so that its number is known again.
-- args: 5
-- rows: none
INSERT INTO batch (epoch, seq, hash, n_records, applied_ms)
VALUES ($1::bigint, $2::bigint, $3::bytea, $4::integer, $5::bigint)
