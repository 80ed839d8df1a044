-- SPDX-License-Identifier: Apache-2.0
-- Another key than the one written under, wrapped anew; nothing when somebody else did it meanwhile.
-- args: 4
-- rows: none
UPDATE data_key SET wrapped = $4::bytea WHERE use = $1::smallint AND gen = $2::integer AND wrapped = $3::bytea
