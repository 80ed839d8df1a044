-- SPDX-License-Identifier: Apache-2.0
-- Whoever moves it tells of the change; the others touch nothing.
-- args: 1
-- rows: none
UPDATE tenant SET keys_seq = $1::bigint WHERE keys_seq < $1::bigint
