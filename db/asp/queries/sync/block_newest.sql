-- SPDX-License-Identifier: Apache-2.0
-- The newest number of a block's history.
-- args: 2
-- rows: one
SELECT coalesce(max(rireki_no), 0) FROM block WHERE subject = $1::bytea AND source = $2::smallint
