-- SPDX-License-Identifier: Apache-2.0
-- Two people let a kiosk in again.
-- args: 3
-- rows: none
WITH admitted AS (DELETE FROM kiosk_cut WHERE kiosk = $1 RETURNING kiosk)
INSERT INTO kiosk_cut_log (kiosk, at_ms, cut, by) SELECT kiosk, $2::bigint, false, $3 FROM admitted
