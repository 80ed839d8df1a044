-- SPDX-License-Identifier: Apache-2.0
-- How many rows of reissue are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM reissue WHERE sealed IS NOT NULL AND sealed_gen(sealed) <> $1::integer
