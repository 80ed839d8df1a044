-- SPDX-License-Identifier: Apache-2.0
-- Somebody is there.
-- args: 2
-- rows: none
UPDATE staff_session SET seen_ms = $2::bigint WHERE session = $1::bytea
