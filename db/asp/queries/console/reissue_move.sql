-- SPDX-License-Identifier: Apache-2.0
-- An allowance's next state, and who says so.
-- args: 4
-- rows: none
UPDATE reissue SET state = $2::smallint, decided_by = $3::text, decided_ms = $4::bigint WHERE id = $1::bigint
