-- SPDX-License-Identifier: Apache-2.0
-- The instant of the snapshot.
-- args: 0
-- rows: one
SELECT floor(extract(epoch FROM now()) * 1000)::bigint
