-- SPDX-License-Identifier: Apache-2.0
-- How many persons were looked at, and the records held back of nobody who is known.
-- args: 0
-- rows: one
SELECT (SELECT count(*) FROM survey s JOIN person p USING (ref) WHERE p.state = 1),
       (SELECT count(*) FROM parked k WHERE ref IS NULL OR NOT EXISTS (SELECT FROM person p WHERE p.ref = k.ref OR p.household = k.ref))
