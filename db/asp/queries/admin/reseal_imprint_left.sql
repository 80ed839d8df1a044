-- SPDX-License-Identifier: Apache-2.0
-- How many rows of imprint are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM imprint WHERE sealed_gen(sealed) <> $1::integer
