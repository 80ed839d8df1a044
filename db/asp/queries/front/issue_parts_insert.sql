-- SPDX-License-Identifier: Apache-2.0
-- Whose rows, in which version, the papers of an order show; the papers in parts of 8,000 bytes; its
-- copies: each number and serial is there once. The parts are counted by an array, for which few rows
-- are expected: for a series a thousand are, and the statement would be planned anew at each order.
-- args: 8
-- rows: none
WITH persons AS (
	INSERT INTO issue_person (order_id, ref, version)
	SELECT $1::bytea, unnest($2::bytea[]), unnest($3::bigint[])),
papers AS (
	INSERT INTO issue_paper (issued_ms, order_id, part, bytes)
	SELECT $7::bigint, $1::bytea, n, substring($8::bytea FROM (n::integer - 1) * 8000 + 1 FOR 8000)
	  FROM unnest(array_fill(0, ARRAY[(octet_length($8::bytea) + 7999) / 8000])) WITH ORDINALITY AS p (zero, n))
INSERT INTO issue_copy (number, serial, order_id, pages, state)
SELECT number, serial, $1::bytea, $6::smallint, 1 FROM unnest($4::text[], $5::bytea[]) AS c (number, serial)
