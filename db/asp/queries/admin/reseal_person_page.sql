-- SPDX-License-Identifier: Apache-2.0
-- Those among them from one place of the table to another, in the order in which others lock them.
-- args: 3
-- rows: many
SELECT ref, array_to_string(ARRAY(SELECT encode(k, 'hex') FROM unnest(keys) WITH ORDINALITY u (k, at) ORDER BY at), ',')
  FROM person
 WHERE ctid >= $2::tid AND ctid < $3::tid AND EXISTS (SELECT FROM unnest(keys) k WHERE hash_gen(k) <> $1::integer)
 ORDER BY ref FOR NO KEY UPDATE
