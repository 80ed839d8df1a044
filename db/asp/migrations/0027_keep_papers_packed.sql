-- SPDX-License-Identifier: Apache-2.0
-- An answer's papers in three quarters of the bytes: as they are sealed, not as text for JSON. What
-- was kept as text is of the last ten minutes; who asks for it once more is told that it is gone.

ALTER TABLE issue DROP COLUMN papers; -- and its index
ALTER TABLE issue ADD COLUMN papers bytea;
ALTER TABLE issue ALTER COLUMN papers SET STORAGE EXTERNAL; -- sealed: nothing to compress
CREATE INDEX issue_with_papers ON issue (issued_ms) WHERE papers IS NOT NULL;
