-- SPDX-License-Identifier: Apache-2.0
-- The end of the log of what was erased.
-- args: 0
-- rows: maybe
SELECT id, hash FROM erasure ORDER BY id DESC LIMIT 1
