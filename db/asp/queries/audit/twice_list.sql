-- SPDX-License-Identifier: Apache-2.0
-- A record that stands there twice.
-- args: 0
-- rows: many
SELECT max(id) FROM audit_row GROUP BY uid HAVING count(*) > 1 ORDER BY 1 LIMIT 1000
