-- SPDX-License-Identifier: Apache-2.0
-- Whose replica this is, and its data key as the token wrapped it.
-- args: 0
-- rows: one
SELECT muni, wrapped_key FROM tenant
