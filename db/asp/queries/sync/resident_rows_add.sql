-- SPDX-License-Identifier: Apache-2.0
-- Several rows of the register, sealed.
-- args: 5
-- rows: none
INSERT INTO resident_row (ref, rireki_no, state, sealed, received_ms)
SELECT unnest($1::bytea[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bytea[]), $5::bigint
