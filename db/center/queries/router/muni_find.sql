-- SPDX-License-Identifier: Apache-2.0
-- The standing of a municipality.
-- args: 1
-- rows: maybe
SELECT stopped FROM muni_state WHERE muni = $1
