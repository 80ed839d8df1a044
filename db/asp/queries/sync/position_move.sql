-- SPDX-License-Identifier: Apache-2.0
-- Only from the number before: 0 rows touched means somebody else moved it.
-- args: 5
-- rows: none
UPDATE stream SET seq = $2::bigint, hash = $3::bytea, source = $4::text, register_ms = $5::bigint
WHERE epoch = $1::bigint AND seq = $2::bigint - 1
