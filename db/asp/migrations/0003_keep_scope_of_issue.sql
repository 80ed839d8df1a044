-- SPDX-License-Identifier: Apache-2.0
-- The release must know that a paper shows a whole household: then nobody may
-- have joined it since. Answers are sealed already: compressing them is in vain.

ALTER TABLE issue ADD COLUMN whole_household boolean NOT NULL DEFAULT false;
ALTER TABLE issue ALTER COLUMN papers SET STORAGE EXTERNAL;
CREATE INDEX issue_with_papers ON issue (issued_ms) WHERE papers IS NOT NULL;
