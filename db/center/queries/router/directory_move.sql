-- SPDX-License-Identifier: Apache-2.0
-- The push is applied.
-- args: 2
-- rows: none
UPDATE directory_position SET seq = $2::bigint WHERE muni = $1
