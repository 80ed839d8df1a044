-- SPDX-License-Identifier: Apache-2.0
-- A kiosk of the city's own is stopped or goes on; every one where none is named. Those that changed.
-- args: 4
-- rows: many
UPDATE own_kiosk SET stopped = $2::boolean, set_by = $3::text, set_ms = $4::bigint
 WHERE ($1::text = '' OR kiosk = $1::text) AND stopped <> $2::boolean RETURNING kiosk
