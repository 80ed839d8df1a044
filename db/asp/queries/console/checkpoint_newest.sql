-- SPDX-License-Identifier: Apache-2.0
-- The newest signed checkpoint.
-- args: 0
-- rows: maybe
SELECT seq, jws FROM audit_checkpoint ORDER BY seq DESC LIMIT 1
