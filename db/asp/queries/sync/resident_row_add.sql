-- SPDX-License-Identifier: Apache-2.0
-- A row of the register, sealed.
-- args: 5
-- rows: none
INSERT INTO resident_row (ref, rireki_no, state, sealed, received_ms)
VALUES ($1::bytea, $2::bigint, $3::smallint, $4::bytea, $5::bigint)
