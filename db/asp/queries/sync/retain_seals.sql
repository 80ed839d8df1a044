-- SPDX-License-Identifier: Apache-2.0
-- Rows of seals that a newer one replaced, received before an instant.
-- args: 2
-- rows: none
DELETE FROM seal_row WHERE (ref, rireki_no) IN (
	SELECT s.ref, s.rireki_no FROM seal_row s
	 WHERE s.received_ms <= $1::bigint
	   AND EXISTS (SELECT FROM seal_row n WHERE n.ref = s.ref AND n.rireki_no > s.rireki_no) LIMIT $2::integer)
