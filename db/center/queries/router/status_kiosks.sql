-- SPDX-License-Identifier: Apache-2.0
-- Kiosks that are cut off, and since when.
-- args: 0
-- rows: many
SELECT kiosk, since_ms FROM kiosk_cut ORDER BY kiosk LIMIT 4096
