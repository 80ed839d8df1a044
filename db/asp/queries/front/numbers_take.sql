-- SPDX-License-Identifier: Apache-2.0
-- The first of some issue numbers, which nobody else gets.
-- args: 1
-- rows: one
UPDATE tenant SET next_number = next_number + $1::bigint RETURNING next_number - $1::bigint
