-- SPDX-License-Identifier: Apache-2.0
-- Checkpoints after one, in order.
-- args: 2
-- rows: many
SELECT seq, jws FROM audit_checkpoint WHERE seq > $1::bigint ORDER BY seq LIMIT $2::integer
