-- SPDX-License-Identifier: Apache-2.0
-- Who was removed before the day was kept counts from now on.
-- args: 1
-- rows: none
UPDATE person SET removed_ms = $1::bigint WHERE state = 2 AND removed_ms IS NULL
