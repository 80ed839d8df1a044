-- SPDX-License-Identifier: Apache-2.0
-- Those among them from one place of the table to another.
-- args: 3
-- rows: many
SELECT order_id, card FROM issue
 WHERE ctid >= $2::tid AND ctid < $3::tid AND hash_gen(card) <> $1::integer
