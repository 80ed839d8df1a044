-- SPDX-License-Identifier: Apache-2.0
-- Those among them from one place of the table to another.
-- args: 3
-- rows: many
SELECT number, sealed FROM imprint
 WHERE ctid >= $2::tid AND ctid < $3::tid AND sealed_gen(sealed) <> $1::integer
