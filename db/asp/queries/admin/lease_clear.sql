-- SPDX-License-Identifier: Apache-2.0
-- Nothing is issued until the agent beats again.
-- args: 0
-- rows: none
DELETE FROM lease
