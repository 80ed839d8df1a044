-- SPDX-License-Identifier: Apache-2.0
-- Whether a kiosk is one of the city's own; with none named, whether there is any.
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM own_kiosk WHERE $1::text = '' OR kiosk = $1::text)
