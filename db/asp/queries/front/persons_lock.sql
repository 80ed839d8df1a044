-- SPDX-License-Identifier: Apache-2.0
-- The row locks of the issuing transaction, always in the order of ref.
-- args: 1
-- rows: many
SELECT ref FROM person WHERE ref = ANY ($1::bytea[]) ORDER BY ref FOR NO KEY UPDATE
