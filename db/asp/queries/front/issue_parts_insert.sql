-- SPDX-License-Identifier: Apache-2.0
-- Whose rows, in which version, the papers of an order show; its copies: each number and serial is there once.
-- args: 6
-- rows: none
WITH persons AS (
	INSERT INTO issue_person (order_id, ref, version)
	SELECT $1::bytea, unnest($2::bytea[]), unnest($3::bigint[]))
INSERT INTO issue_copy (number, serial, order_id, pages, state)
SELECT number, serial, $1::bytea, $6::smallint, 1 FROM unnest($4::text[], $5::bytea[]) AS c (number, serial)
