-- SPDX-License-Identifier: Apache-2.0
-- Whose replica this is, and its wrapped data key.
-- args: 0
-- rows: maybe
SELECT muni, wrapped_key FROM tenant
