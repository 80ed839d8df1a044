-- SPDX-License-Identifier: Apache-2.0
-- How many rows of staff are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM staff WHERE sealed_gen(sealed) <> $1::integer
