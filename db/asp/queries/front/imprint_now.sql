-- SPDX-License-Identifier: Apache-2.0
-- Which version of the imprint holds at an instant; none: the profile's own. By its tag what is kept is known again.
-- args: 1
-- rows: maybe
SELECT number, tag FROM imprint
 WHERE approved_ms IS NOT NULL AND ended_ms IS NULL AND holds_ms <= $1::bigint
 ORDER BY number DESC LIMIT 1
