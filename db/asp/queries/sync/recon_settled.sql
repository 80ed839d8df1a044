-- SPDX-License-Identifier: Apache-2.0
-- A run that began then left nobody open.
-- args: 1
-- rows: none
UPDATE tenant SET compared_ms = greatest(compared_ms, $1::bigint)
