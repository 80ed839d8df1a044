-- SPDX-License-Identifier: Apache-2.0
-- Several rows of the register, sealed; what each is found by comes as one bytea, 16 bytes a key.
-- args: 6
-- rows: none
INSERT INTO resident_row (ref, rireki_no, state, sealed, received_ms, keys)
SELECT ref, rireki_no, state, sealed, $5::bigint,
       ARRAY(SELECT substring(keys FROM at FOR 16) FROM generate_series(1, octet_length(keys), 16) AS at)
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[], $6::bytea[]) AS n (ref, rireki_no, state, sealed, keys)
