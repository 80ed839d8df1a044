-- SPDX-License-Identifier: Apache-2.0
-- The hash under which a number was applied.
-- args: 2
-- rows: maybe
SELECT hash FROM batch WHERE epoch = $1::bigint AND seq = $2::bigint
