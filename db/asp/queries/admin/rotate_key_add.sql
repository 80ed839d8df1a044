-- SPDX-License-Identifier: Apache-2.0
-- A key that is kept beside the one written under.
-- args: 4
-- rows: none
INSERT INTO data_key (use, gen, wrapped, made_ms) VALUES ($1::smallint, $2::integer, $3::bytea, $4::bigint)
ON CONFLICT (use, gen) DO NOTHING
