-- SPDX-License-Identifier: Apache-2.0
-- Binds an order to the first manifest that answers it, with the issue numbers that it gave, unless its
-- municipality is stopped: whether it is bound now, and whether the municipality is stopped. A number or
-- serial that is there already fails it all.
-- args: 8
-- rows: one
WITH stop AS (SELECT EXISTS (SELECT FROM muni_state WHERE muni = $3::text AND stopped IS NOT NULL) AS stopped),
done AS (
	UPDATE order_log SET state = 'answered', manifest_hash = $2::bytea FROM stop
	WHERE order_id = $1::bytea AND manifest_hash IS NULL AND NOT stop.stopped RETURNING order_id),
made AS (
	INSERT INTO issue_number (number, serial, order_id, muni, kind, pages, state, issued_ms)
	SELECT n.number, n.serial, done.order_id, $3::text, $4::smallint, n.pages::smallint, 'issued', $5::bigint
	FROM done, unnest($6::text[], $7::bytea[], $8::bigint[]) AS n (number, serial, pages))
SELECT EXISTS (SELECT FROM done), stop.stopped FROM stop
