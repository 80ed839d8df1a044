-- SPDX-License-Identifier: Apache-2.0
-- How many persons are found by another data key.
-- args: 1
-- rows: one
SELECT count(*) FROM person WHERE EXISTS (SELECT FROM unnest(keys) k WHERE hash_gen(k) <> $1::integer)
