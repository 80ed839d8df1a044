-- SPDX-License-Identifier: Apache-2.0
-- Numbers whose void the center must hear, the oldest first.
-- args: 1
-- rows: many
SELECT number FROM void_outbox ORDER BY at_ms, number LIMIT $1::integer
