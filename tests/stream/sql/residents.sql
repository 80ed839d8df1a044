-- SPDX-License-Identifier: Apache-2.0
-- The current row of each person after $1, as the issuing side would read it.
-- args: 2
-- rows: many
SELECT p.ref, p.rireki_no, p.state, r.sealed FROM person p JOIN resident_row r USING (ref, rireki_no)
WHERE p.ref > $1::bytea ORDER BY p.ref LIMIT $2::integer
