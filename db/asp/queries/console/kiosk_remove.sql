-- SPDX-License-Identifier: Apache-2.0
-- A kiosk that is the city's own no more. One that is stopped first goes on.
-- args: 1
-- rows: maybe
DELETE FROM own_kiosk WHERE kiosk = $1::text AND NOT stopped RETURNING kiosk
