-- SPDX-License-Identifier: Apache-2.0
-- Every municipality that was ever stopped.
-- args: 0
-- rows: many
SELECT muni, stopped, since_ms, lifted_by FROM muni_state ORDER BY muni
