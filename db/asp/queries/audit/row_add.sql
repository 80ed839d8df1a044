-- SPDX-License-Identifier: Apache-2.0
-- What somebody did, to be linked into the chain: to one, or to many.
-- args: 8
-- rows: none
WITH made AS (
	INSERT INTO audit_row (uid, at_ms, source, kind, actor, subject, sealed, subjects)
	VALUES ($1::bytea, $2::bigint, $3::smallint, $4::smallint, $5::bytea, $6::bytea, $7::bytea, $8::bytea)
	RETURNING id)
INSERT INTO audit_open (id) SELECT id FROM made
