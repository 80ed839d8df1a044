-- SPDX-License-Identifier: Apache-2.0
-- The lock that the issuing transaction takes too, in its order.
-- args: 1
-- rows: many
SELECT ref, state, rireki_no, household, narabi FROM person WHERE ref = ANY ($1::bytea[])
ORDER BY ref FOR NO KEY UPDATE
