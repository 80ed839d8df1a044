-- SPDX-License-Identifier: Apache-2.0
-- 1 divided by it.
-- args: 1
-- rows: one
SELECT 1 / $1::integer
