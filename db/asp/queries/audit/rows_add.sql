-- SPDX-License-Identifier: Apache-2.0
-- One thing done to the data of many.
-- args: 7
-- rows: none
WITH made AS (
	INSERT INTO audit_row (uid, at_ms, source, kind, actor, subject, sealed)
	SELECT uid, $4::bigint, $5::smallint, $6::smallint, $7::bytea, subject, sealed
	  FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS n (uid, subject, sealed)
	RETURNING id)
INSERT INTO audit_open (id) SELECT id FROM made
