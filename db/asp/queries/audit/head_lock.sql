-- SPDX-License-Identifier: Apache-2.0
-- Where the chain stands; one sealer at a time.
-- args: 0
-- rows: one
SELECT seq, head FROM audit_head FOR UPDATE
