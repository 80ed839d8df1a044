-- SPDX-License-Identifier: Apache-2.0
-- What was found of several persons, each in the version looked at.
-- args: 6
-- rows: none
INSERT INTO survey (ref, version, basis, reasons, sealed, at_ms)
SELECT n.ref, n.version, $5::bytea, n.reasons, nullif(n.sealed, ''::bytea), $6::bigint
  FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS n (ref, version, reasons, sealed)
  JOIN person p ON p.ref = n.ref
    ON CONFLICT (ref) DO UPDATE SET version = excluded.version, basis = excluded.basis,
       reasons = excluded.reasons, sealed = excluded.sealed, at_ms = excluded.at_ms
