-- SPDX-License-Identifier: Apache-2.0
-- Two people list an announcement; who did it first stays. At most $10 of a municipality.
-- args: 10
-- rows: none
WITH listed AS (
	INSERT INTO node_listed (muni, digest, build, seal, schema, schema_sha256, conf_sha256, since_ms, by)
	SELECT $1::text, $2::bytea, $3, $4, $5::integer, $6::bytea, $7::bytea, $8::bigint, $9
	 WHERE (SELECT count(*) FROM node_listed WHERE muni = $1::text) < $10::bigint
	ON CONFLICT (muni, digest) DO NOTHING RETURNING muni
)
INSERT INTO node_log (at_ms, what, muni, digest, by) SELECT $8::bigint, 'listed', muni, $2::bytea, $9 FROM listed
