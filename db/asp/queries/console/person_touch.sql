-- SPDX-License-Identifier: Apache-2.0
-- Something of this person changes: the lock that issuing takes too.
-- args: 1
-- rows: none
UPDATE person SET version = version + 1 WHERE ref = $1::bytea
