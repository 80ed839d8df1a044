-- SPDX-License-Identifier: Apache-2.0
-- The newest push that was applied, held until the end of the transaction.
-- args: 1
-- rows: one
SELECT seq FROM directory_position WHERE muni = $1 FOR UPDATE
