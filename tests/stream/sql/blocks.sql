-- SPDX-License-Identifier: Apache-2.0
-- The newest block of each subject that came from the register.
-- args: 0
-- rows: many
SELECT DISTINCT ON (subject) subject, rireki_no, active, kinds FROM block WHERE source = 1
ORDER BY subject, rireki_no DESC
