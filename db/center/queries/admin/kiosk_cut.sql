-- SPDX-License-Identifier: Apache-2.0
-- Cuts a kiosk off; who did it first stays.
-- args: 3
-- rows: none
WITH cut AS (
	INSERT INTO kiosk_cut (kiosk, since_ms, by) VALUES ($1, $2::bigint, $3) ON CONFLICT (kiosk) DO NOTHING RETURNING kiosk
)
INSERT INTO kiosk_cut_log (kiosk, at_ms, cut, by) SELECT kiosk, $2::bigint, true, $3 FROM cut
