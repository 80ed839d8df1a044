-- SPDX-License-Identifier: Apache-2.0
-- Only from the number before, and the batch is remembered, so that its number is known again. Where somebody
-- else moved it the batch has no epoch, which its table refuses: what is committed behind this is not.
-- args: 7
-- rows: none
WITH moved AS (
	UPDATE stream SET seq = $2::bigint, hash = $3::bytea, source = $4::text, register_ms = $5::bigint
	WHERE epoch = $1::bigint AND seq = $2::bigint - 1 RETURNING epoch
)
INSERT INTO batch (epoch, seq, hash, n_records, applied_ms)
VALUES ((SELECT epoch FROM moved), $2::bigint, $3::bytea, $6::integer, $7::bigint)
