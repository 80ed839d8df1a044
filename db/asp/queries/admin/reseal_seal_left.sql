-- SPDX-License-Identifier: Apache-2.0
-- How many rows of seal_row are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM seal_row WHERE sealed_gen(sealed) <> $1::integer
