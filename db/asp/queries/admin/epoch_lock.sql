-- SPDX-License-Identifier: Apache-2.0
-- The epoch of the last first load; nobody applies meanwhile.
-- args: 0
-- rows: maybe
SELECT epoch FROM stream FOR UPDATE
