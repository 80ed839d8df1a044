-- SPDX-License-Identifier: Apache-2.0
-- An order that came before.
-- args: 1
-- rows: maybe
SELECT th, oh, card, state, manifest, papers_bytes, issued_ms FROM issue WHERE order_id = $1::bytea
