-- SPDX-License-Identifier: Apache-2.0
-- Links of the chain.
-- args: 3
-- rows: copy
COPY audit_link (seq, row_id, head) FROM STDIN
