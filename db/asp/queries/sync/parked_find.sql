-- SPDX-License-Identifier: Apache-2.0
-- Was anything of them parked before we knew them?
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM parked WHERE ref = $1::bytea)
