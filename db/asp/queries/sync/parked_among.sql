-- SPDX-License-Identifier: Apache-2.0
-- Who of them had something parked before we knew them.
-- args: 1
-- rows: many
SELECT DISTINCT ref FROM parked WHERE ref = ANY ($1::bytea[])
