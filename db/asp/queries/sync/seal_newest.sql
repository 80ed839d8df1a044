-- SPDX-License-Identifier: Apache-2.0
-- The newest number of a person's seal.
-- args: 1
-- rows: one
SELECT coalesce(max(rireki_no), 0) FROM seal_row WHERE ref = $1::bytea
