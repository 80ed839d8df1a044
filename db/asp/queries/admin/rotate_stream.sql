-- SPDX-License-Identifier: Apache-2.0
-- The stream waits for the end of the transaction.
-- args: 0
-- rows: maybe
SELECT seq FROM stream FOR UPDATE
