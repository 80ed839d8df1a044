-- SPDX-License-Identifier: Apache-2.0
-- An order that came before, with its answer as long as it is kept.
-- args: 1
-- rows: maybe
SELECT th, oh, card, state, manifest, papers, issued_ms FROM issue WHERE order_id = $1::bytea
