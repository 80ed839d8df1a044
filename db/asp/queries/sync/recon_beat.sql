-- SPDX-License-Identifier: Apache-2.0
-- Up to which instant the agent has sent everything; 0 = it never did.
-- args: 0
-- rows: one
SELECT coalesce((SELECT beat_ms FROM lease), 0)
