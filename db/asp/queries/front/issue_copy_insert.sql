-- SPDX-License-Identifier: Apache-2.0
-- The copies of an order: each number and serial is there once.
-- args: 4
-- rows: none
INSERT INTO issue_copy (number, serial, order_id, pages, state)
SELECT number, serial, $3::bytea, $4::smallint, 1 FROM unnest($1::text[], $2::bytea[]) AS c (number, serial)
