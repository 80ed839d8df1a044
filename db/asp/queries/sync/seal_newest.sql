-- SPDX-License-Identifier: Apache-2.0
-- The newest number of a person's seal, erased ones too.
-- args: 1
-- rows: one
SELECT greatest(coalesce((SELECT max(rireki_no) FROM seal_row WHERE ref = $1::bytea), 0),
                coalesce((SELECT seal_no FROM tombstone WHERE ref = $1::bytea), 0))
