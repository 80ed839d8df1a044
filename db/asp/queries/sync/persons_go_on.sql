-- SPDX-License-Identifier: Apache-2.0
-- The next rows of registered persons who stay in their household and place and are found by the same:
-- looked at, locked and moved at once. The refs rise; keys come as PostgreSQL sends them. Back comes how
-- many they were and, unless that is all of them, whose turn it was. (Next to each other behind SELECT, the
-- arrays are walked; behind FROM they would be stored.)
-- args: 6
-- rows: one
WITH gone AS (
	UPDATE person p SET rireki_no = n.rireki_no, version = version + 1
	FROM (SELECT unnest($1::bytea[]) AS ref, unnest($2::bytea[]) AS household, unnest($3::bigint[]) AS narabi,
	             unnest($4::bigint[]) AS newest, unnest($5::bigint[]) AS rireki_no, unnest($6::bytea[]) AS keys,
	             generate_series(0, cardinality($1::bytea[]) - 1) AS place) AS n
	WHERE p.ref = n.ref AND p.rireki_no = n.newest AND p.household = n.household AND p.narabi = n.narabi AND p.state = 1
	  AND array_send(p.keys) = n.keys
	RETURNING n.place
)
SELECT count(*), CASE WHEN count(*) < cardinality($1::bytea[]) THEN array_to_string(array_agg(place), ' ') END FROM gone
