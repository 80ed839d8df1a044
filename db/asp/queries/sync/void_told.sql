-- SPDX-License-Identifier: Apache-2.0
-- The center knows of it.
-- args: 1
-- rows: none
DELETE FROM void_outbox WHERE number = $1::text
