-- SPDX-License-Identifier: Apache-2.0
-- Makes the replica a municipality's.
-- args: 2
-- rows: none
INSERT INTO tenant (muni, wrapped_key) VALUES ($1::text, $2::bytea)
