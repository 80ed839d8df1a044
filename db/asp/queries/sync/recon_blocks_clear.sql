-- SPDX-License-Identifier: Apache-2.0
-- Blocks of the register on a subject from a number on; those set here stay.
-- args: 2
-- rows: none
DELETE FROM block WHERE subject = $1::bytea AND source = 1 AND rireki_no >= $2::bigint
