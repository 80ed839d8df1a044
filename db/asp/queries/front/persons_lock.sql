-- SPDX-License-Identifier: Apache-2.0
-- The row locks of the issuing transaction, always in the order of ref. By the inner SELECT the array is
-- as long to the planner whether it sees it or not: one plan serves the connection's life.
-- args: 1
-- rows: many
SELECT ref FROM person WHERE ref = ANY (ARRAY(SELECT unnest($1::bytea[]))) ORDER BY ref FOR NO KEY UPDATE
