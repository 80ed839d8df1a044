-- SPDX-License-Identifier: Apache-2.0
-- What was parked is loaded anew.
-- args: 0
-- rows: none
DELETE FROM parked
