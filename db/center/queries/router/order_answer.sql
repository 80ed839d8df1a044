-- SPDX-License-Identifier: Apache-2.0
-- Binds an order to the first manifest that answers it, with the issue numbers that it gave; 0 when
-- one did before. A number or serial that is there already fails it all.
-- args: 8
-- rows: one
WITH done AS (
	UPDATE order_log SET state = 'answered', manifest_hash = $2::bytea
	WHERE order_id = $1::bytea AND manifest_hash IS NULL RETURNING order_id),
made AS (
	INSERT INTO issue_number (number, serial, order_id, muni, kind, pages, state, issued_ms)
	SELECT n.number, n.serial, done.order_id, $3::text, $4::smallint, n.pages::smallint, 'issued', $5::bigint
	FROM done, unnest($6::text[], $7::bytea[], $8::bigint[]) AS n (number, serial, pages))
SELECT count(*) FROM done
