-- SPDX-License-Identifier: Apache-2.0
-- The same data key, wrapped anew; nothing when somebody else did it meanwhile.
-- args: 2
-- rows: none
UPDATE tenant SET wrapped_key = $2::bytea WHERE wrapped_key = $1::bytea
