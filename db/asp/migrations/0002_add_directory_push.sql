-- SPDX-License-Identifier: Apache-2.0
-- A card outlives a move: when its holder leaves, the center must hear it, so the
-- serial is kept, sealed like a row. And pushes to the center are numbered, so
-- that one whose answer was lost is sent again as the very same push.

ALTER TABLE card ADD COLUMN sealed bytea NOT NULL;
CREATE INDEX card_ref ON card (ref);

ALTER TABLE directory_outbox ADD COLUMN push bigint; -- NULL = not yet in a push
CREATE TABLE directory_position (
	only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	push         bigint NOT NULL                     -- the newest push made, 1, 2, 3 ...
);
INSERT INTO directory_position (push) VALUES (0);

CREATE INDEX parked_ref ON parked (ref);
CREATE INDEX person_parked ON person (ref) WHERE parked;

-- An agent that starts (again) opens a session: what an earlier one still has on
-- the way is refused from then on, and cannot be taken for other content of a number.
ALTER TABLE stream ADD COLUMN session bytea CHECK (octet_length(session) = 16);

GRANT SELECT, UPDATE ON directory_position TO kofu_sync;
GRANT DELETE ON directory_outbox TO kofu_sync;
