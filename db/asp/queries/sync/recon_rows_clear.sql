-- SPDX-License-Identifier: Apache-2.0
-- Rows of a person from a number on.
-- args: 2
-- rows: none
DELETE FROM resident_row WHERE ref = $1::bytea AND rireki_no >= $2::bigint
