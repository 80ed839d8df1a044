-- SPDX-License-Identifier: Apache-2.0
-- When a run of reconciliation begins, by the clock that stops are told by.
-- args: 0
-- rows: one
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint
