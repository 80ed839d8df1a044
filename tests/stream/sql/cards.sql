-- SPDX-License-Identifier: Apache-2.0
-- Each card of each person after $1.
-- args: 2
-- rows: many
SELECT ref, rireki_no, active, sealed FROM card WHERE ref > $1::bytea
ORDER BY ref FETCH FIRST ($2::integer) ROWS WITH TIES
