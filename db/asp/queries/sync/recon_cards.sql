-- SPDX-License-Identifier: Apache-2.0
-- Cards of the persons after $1 up to $2.
-- args: 2
-- rows: many
SELECT ref, rireki_no, active, sealed FROM card WHERE ref > $1::bytea AND ref <= $2::bytea ORDER BY ref
