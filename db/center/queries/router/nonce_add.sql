-- SPDX-License-Identifier: Apache-2.0
-- A nonce for a kiosk, unless it holds too many that are still good. Its commit waits for no disk: a
-- nonce that a crash takes is one that nobody may use.
-- args: 5
-- rows: none
INSERT INTO nonce (nonce, kiosk, made_ms)
SELECT $1::bytea, $2::text, $3::bigint FROM set_config('synchronous_commit', 'off', true)
WHERE (SELECT count(*) FROM nonce WHERE kiosk = $2::text AND made_ms >= $4::bigint AND NOT spent) < $5::bigint
