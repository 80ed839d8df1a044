-- SPDX-License-Identifier: Apache-2.0
-- The newest parked record of a person.
-- args: 1
-- rows: one
SELECT coalesce(max(id), 0) FROM parked WHERE ref = $1::bytea
