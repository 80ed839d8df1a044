-- SPDX-License-Identifier: Apache-2.0
-- Spends a nonce, once; tells whose it was. One of a kiosk that is cut off is worth nothing. Its
-- commit waits for no disk: the session's does, which comes behind it in one log, before anybody
-- hears of the session.
-- args: 1
-- rows: maybe
UPDATE nonce SET spent = true FROM set_config('synchronous_commit', 'off', true)
WHERE nonce = $1::bytea AND NOT spent
	AND NOT EXISTS (SELECT FROM kiosk_cut c WHERE c.kiosk = nonce.kiosk)
RETURNING kiosk, made_ms
