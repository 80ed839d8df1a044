-- SPDX-License-Identifier: Apache-2.0
-- The city's own kiosks, and when each last issued something for it.
-- args: 0
-- rows: many
SELECT o.kiosk, o.place, o.stopped, o.set_by, o.set_ms, coalesce((SELECT max(issued_ms) FROM issue i WHERE i.kiosk = o.kiosk), 0)
  FROM own_kiosk o ORDER BY o.kiosk
