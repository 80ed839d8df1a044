-- SPDX-License-Identifier: Apache-2.0
-- The table of the connection beside it, before any of it.
-- args: 0
-- rows: none
LOCK TABLE resident_row IN ACCESS EXCLUSIVE MODE
