-- SPDX-License-Identifier: Apache-2.0
-- Whose rows, in which version, the papers of an order show.
-- args: 1
-- rows: many
SELECT ref, version FROM issue_person WHERE order_id = $1::bytea ORDER BY ref
