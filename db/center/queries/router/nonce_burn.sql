-- SPDX-License-Identifier: Apache-2.0
-- Spends a nonce, once; tells whose it was.
-- args: 1
-- rows: maybe
UPDATE nonce SET spent = true WHERE nonce = $1::bytea AND NOT spent RETURNING kiosk, made_ms
