-- SPDX-License-Identifier: Apache-2.0
-- An issue number that a manifest gave; the same again changes nothing.
-- args: 7
-- rows: none
INSERT INTO issue_number (number, serial, order_id, muni, kind, pages, state, issued_ms)
VALUES ($1, $2::bytea, $3::bytea, $4, $5::smallint, $6::smallint, 'issued', $7::bigint)
