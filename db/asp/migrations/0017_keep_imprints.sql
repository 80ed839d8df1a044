-- SPDX-License-Identifier: Apache-2.0
-- What the municipality prints of itself (common/domain/imprint.h): form, 認証文, mayor, 公印. One
-- version is all of it, proposed by one person, approved by another, in force from an instant on.
-- Versions stand on the one approved before them, so that number and instant run in one order. Rows
-- are added, approved and withdrawn, never changed or deleted; what is in force is only replaced.
CREATE TABLE imprint (
	number       bigint PRIMARY KEY CHECK (number > 0),
	base         bigint NOT NULL CHECK (base >= 0 AND base < number), -- the version it was drafted on; 0: the profile
	sealed       bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 1 AND 65600),
	digest       bytea NOT NULL CHECK (octet_length(digest) = 32),    -- of the content and of every sheet of its preview
	note         text NOT NULL,
	from_ms      bigint,                                              -- NULL: from the approval on
	proposed_by  text NOT NULL,
	proposed_ms  bigint NOT NULL,
	approved_by  text CHECK (approved_by <> proposed_by),
	approved_ms  bigint,
	holds_ms     bigint,
	tag          bytea CHECK (octet_length(tag) = 32),                -- of number, content and holds_ms, keyed
	ended_by     text,
	ended_ms     bigint,
	CHECK (num_nulls(approved_by, approved_ms, holds_ms, tag) IN (0, 4)),
	CHECK (num_nulls(ended_by, ended_ms) IN (0, 2)),
	CHECK (holds_ms >= approved_ms AND (from_ms IS NULL OR holds_ms >= from_ms)),
	CHECK (ended_ms < holds_ms)                                       -- withdrawn only while it is ahead
);
CREATE INDEX imprint_approved ON imprint (holds_ms) WHERE approved_ms IS NOT NULL AND ended_ms IS NULL;

-- Which version an order's papers bear; 0: the profile's own.
ALTER TABLE issue ADD COLUMN imprint bigint;

GRANT SELECT (number, sealed, holds_ms, approved_ms, ended_ms, tag) ON imprint TO kofu_front;
GRANT SELECT, INSERT (number, base, sealed, digest, note, from_ms, proposed_by, proposed_ms) ON imprint TO kofu_console;
GRANT UPDATE (approved_by, approved_ms, holds_ms, tag, ended_by, ended_ms) ON imprint TO kofu_console;
GRANT SELECT (imprint) ON issue TO kofu_console;
