-- SPDX-License-Identifier: Apache-2.0
-- Allowances whose time is over make room for others.
-- args: 1
-- rows: none
UPDATE reissue SET state = 4 WHERE state IN (1, 2) AND until_ms <= $1::bigint
