-- SPDX-License-Identifier: Apache-2.0
-- A person's newest seal registration.
-- args: 1
-- rows: maybe
SELECT rireki_no, state, sealed FROM seal_row
 WHERE ref = $1::bytea ORDER BY rireki_no DESC LIMIT 1
