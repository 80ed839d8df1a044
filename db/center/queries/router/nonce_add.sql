-- SPDX-License-Identifier: Apache-2.0
-- A nonce for a kiosk, unless it is cut off or holds too many that are still good: whether it is cut
-- off, and whether the nonce was added. Its commit waits for no disk: a nonce that a crash takes is
-- one that nobody may use.
-- args: 5
-- rows: one
WITH k AS (SELECT EXISTS (SELECT FROM kiosk_cut WHERE kiosk = $2::text) AS cut),
made AS (
	INSERT INTO nonce (nonce, kiosk, made_ms)
	SELECT $1::bytea, $2::text, $3::bigint FROM k, set_config('synchronous_commit', 'off', true)
	WHERE NOT k.cut
		AND (SELECT count(*) FROM nonce WHERE kiosk = $2::text AND made_ms >= $4::bigint AND NOT spent) < $5::bigint
	RETURNING 1)
SELECT k.cut, EXISTS (SELECT FROM made) FROM k
