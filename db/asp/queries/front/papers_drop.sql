-- SPDX-License-Identifier: Apache-2.0
-- The papers of an order ($2) of a time ($1) are not asked for any more.
-- args: 2
-- rows: none
DELETE FROM issue_paper WHERE issued_ms = $1::bigint AND order_id = $2::bytea
