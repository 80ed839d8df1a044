-- SPDX-License-Identifier: Apache-2.0
-- The one order that an allowance is for.
-- args: 4
-- rows: maybe
UPDATE reissue SET state = 3, order_id = $2::bytea, used_ms = $4::bigint
 WHERE id = $1::bigint AND ref = $3::bytea AND state = 2 AND until_ms > $4::bigint RETURNING number
