-- SPDX-License-Identifier: Apache-2.0
-- Rows of a person's seal from a number on.
-- args: 2
-- rows: none
DELETE FROM seal_row WHERE ref = $1::bytea AND rireki_no >= $2::bigint
