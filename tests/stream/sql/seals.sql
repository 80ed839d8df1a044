-- SPDX-License-Identifier: Apache-2.0
-- The newest row of each seal after $1.
-- args: 2
-- rows: many
SELECT DISTINCT ON (ref) ref, rireki_no, state, sealed FROM seal_row
WHERE ref > $1::bytea ORDER BY ref, rireki_no DESC LIMIT $2::integer
