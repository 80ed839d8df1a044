-- SPDX-License-Identifier: Apache-2.0
-- Active cards after card , to tell the center what is no longer ours.
-- args: 2
-- rows: many
SELECT card, ref, rireki_no, sealed FROM card WHERE active AND card > $1::bytea ORDER BY card LIMIT $2::integer
