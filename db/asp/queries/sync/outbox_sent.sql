-- SPDX-License-Identifier: Apache-2.0
-- Acknowledged: nothing of it is kept.
-- args: 1
-- rows: none
DELETE FROM directory_outbox WHERE push = $1::bigint
