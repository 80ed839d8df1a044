-- SPDX-License-Identifier: Apache-2.0
-- Every kiosk that is cut off.
-- args: 0
-- rows: many
SELECT kiosk, since_ms, by FROM kiosk_cut ORDER BY kiosk
