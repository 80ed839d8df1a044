-- SPDX-License-Identifier: Apache-2.0
-- Is a kiosk cut off?
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM kiosk_cut WHERE kiosk = $1::text)
