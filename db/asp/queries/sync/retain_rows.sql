-- SPDX-License-Identifier: Apache-2.0
-- Rows of residents that a newer one replaced, received before an instant.
-- args: 2
-- rows: none
DELETE FROM resident_row WHERE (ref, rireki_no) IN (
	SELECT r.ref, r.rireki_no FROM resident_row r JOIN person p USING (ref)
	 WHERE r.rireki_no < p.rireki_no AND r.received_ms <= $1::bigint LIMIT $2::integer)
