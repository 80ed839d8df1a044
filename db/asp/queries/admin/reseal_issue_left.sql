-- SPDX-License-Identifier: Apache-2.0
-- How many rows of issue are under another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM issue WHERE hash_gen(card) <> $1::integer
