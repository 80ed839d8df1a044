-- SPDX-License-Identifier: Apache-2.0
-- A municipality's place in the line of pushes exists.
-- args: 1
-- rows: none
INSERT INTO directory_position (muni, seq) VALUES ($1, 0) ON CONFLICT (muni) DO NOTHING
