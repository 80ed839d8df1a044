-- SPDX-License-Identifier: Apache-2.0
-- One copy: its number and serial are there once.
-- args: 4
-- rows: none
INSERT INTO issue_copy (number, serial, order_id, pages, state)
VALUES ($1::text, $2::bytea, $3::bytea, $4::smallint, 1)
