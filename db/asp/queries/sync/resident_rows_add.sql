-- SPDX-License-Identifier: Apache-2.0
-- Several rows of the register, sealed.
-- args: 5
-- rows: none
INSERT INTO resident_row (ref, rireki_no, state, sealed, received_ms)
SELECT ref, rireki_no, state, sealed, $5::bigint
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS n (ref, rireki_no, state, sealed)
