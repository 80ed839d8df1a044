-- SPDX-License-Identifier: Apache-2.0
-- Spends a nonce, once; tells whose it was. One of a kiosk that is cut off is worth nothing.
-- args: 1
-- rows: maybe
UPDATE nonce SET spent = true WHERE nonce = $1::bytea AND NOT spent
	AND NOT EXISTS (SELECT FROM kiosk_cut c WHERE c.kiosk = nonce.kiosk)
RETURNING kiosk, made_ms
