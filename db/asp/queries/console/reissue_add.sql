-- SPDX-License-Identifier: Apache-2.0
-- A spoilt paper's number for whoever ordered it; none when there is no such paper since an instant.
-- args: 7
-- rows: maybe
INSERT INTO reissue (number, ref, kind, state, sealed, until_ms, asked_by, asked_ms)
SELECT c.number, i.ref, i.kind, $3::smallint, $4::bytea, $5::bigint, $6::text, $7::bigint
  FROM issue_copy c JOIN issue i USING (order_id) WHERE c.number = $1::text AND i.issued_ms >= $2::bigint
RETURNING id, ref, kind
