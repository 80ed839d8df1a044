-- SPDX-License-Identifier: Apache-2.0
-- A row of the register, sealed, with what it is found by.
-- args: 6
-- rows: none
INSERT INTO resident_row (ref, rireki_no, state, sealed, received_ms, keys)
VALUES ($1::bytea, $2::bigint, $3::smallint, $4::bytea, $5::bigint, $6::bytea[])
