-- SPDX-License-Identifier: Apache-2.0
-- Who claims a card; two claims block it.
-- args: 2
-- rows: many
SELECT d.muni, s.stopped IS NOT NULL
FROM directory d LEFT JOIN muni_state s USING (muni)
WHERE d.issuer = $1::bytea AND d.serial = $2::bytea
ORDER BY d.muni LIMIT 2
