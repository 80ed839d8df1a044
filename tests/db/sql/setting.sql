-- SPDX-License-Identifier: Apache-2.0
-- A setting of the session.
-- args: 1
-- rows: one
SELECT current_setting($1)
