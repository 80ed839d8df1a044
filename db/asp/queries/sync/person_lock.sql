-- SPDX-License-Identifier: Apache-2.0
-- The lock that the issuing transaction takes too.
-- args: 1
-- rows: maybe
SELECT state, rireki_no, household, narabi FROM person WHERE ref = $1::bytea FOR NO KEY UPDATE
