-- SPDX-License-Identifier: Apache-2.0
-- How many persons' papers cannot be printed, by reasons.
-- args: 0
-- rows: many
SELECT reasons, count(*) FROM unprintable GROUP BY reasons
