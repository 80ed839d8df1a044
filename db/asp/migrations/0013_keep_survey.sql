-- SPDX-License-Identifier: Apache-2.0
-- Whose certificate cannot be printed: found by laying out, after each change of a person, what
-- would be printed. In the open stand classes of reasons; which item it is stands sealed.

CREATE TABLE survey (
	ref          bytea PRIMARY KEY REFERENCES person ON DELETE CASCADE,
	version      bigint NOT NULL,  -- of the person, as looked at
	basis        bytea NOT NULL CHECK (octet_length(basis) = 16), -- program, fonts, profile it was looked at with
	reasons      integer NOT NULL, -- bits 1 << enum printable_reason; 0 = all of it can be printed
	sealed       bytea,            -- items, kinds and where
	at_ms        bigint NOT NULL,
	CHECK ((reasons = 0) = (sealed IS NULL))
);
CREATE INDEX survey_bad ON survey (ref) WHERE reasons <> 0;

-- Those, and whom the stream holds back.
CREATE VIEW unprintable AS
SELECT p.ref, p.household, coalesce(s.reasons, 0) | CASE WHEN NOT p.parked THEN 0
         WHEN k.code LIKE 'history-%' THEN 1 << 5 WHEN k.code = 'card-held' THEN 1 << 6 ELSE 1 << 7 END AS reasons,
       s.sealed, CASE WHEN p.parked THEN coalesce(k.code, '') END AS code,
       coalesce(CASE WHEN p.parked THEN k.at_ms END, s.at_ms, 0) AS at_ms
  FROM (SELECT ref FROM survey WHERE reasons <> 0 UNION SELECT ref FROM person WHERE parked) u
  JOIN person p USING (ref)
  LEFT JOIN survey s ON s.ref = u.ref AND s.reasons <> 0
  LEFT JOIN LATERAL (SELECT code, at_ms FROM parked WHERE ref = u.ref ORDER BY id DESC LIMIT 1) k ON true
 WHERE p.state = 1;

GRANT SELECT, INSERT, UPDATE ON survey TO kofu_console;
GRANT SELECT ON unprintable TO kofu_console;
