-- SPDX-License-Identifier: Apache-2.0
-- The chain's new head.
-- args: 2
-- rows: none
UPDATE audit_head SET seq = $1::bigint, head = $2::bytea
