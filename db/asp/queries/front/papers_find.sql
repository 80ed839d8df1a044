-- SPDX-License-Identifier: Apache-2.0
-- The papers of an order ($2) of a time ($1), what there is of them; NULL: nothing.
-- args: 2
-- rows: one
SELECT string_agg(bytes, '' ORDER BY part) FROM issue_paper WHERE issued_ms = $1::bigint AND order_id = $2::bytea
