-- SPDX-License-Identifier: Apache-2.0
-- A kiosk of the city's own, or another place of it.
-- args: 4
-- rows: none
INSERT INTO own_kiosk (kiosk, place, set_by, set_ms) VALUES ($1::text, $2::text, $3::text, $4::bigint)
    ON CONFLICT (kiosk) DO UPDATE SET place = excluded.place, set_by = excluded.set_by, set_ms = excluded.set_ms
