-- SPDX-License-Identifier: Apache-2.0
-- The city's own hand: staff and their rights, stops, what is served at all, and
-- the audit of who did what to whose data. Names, reasons and actions are sealed:
-- only the municipality reads them.

-- Found by フリガナ and 生年月日: keyed hashes (domain/search.h) of the row.
ALTER TABLE resident_row ADD COLUMN keys bytea[] NOT NULL DEFAULT '{}';
CREATE INDEX resident_row_keys ON resident_row USING gin (keys);

-- Kinds the city has stopped, 1 << enum doc_kind. Apart from "stopped", which faults set.
ALTER TABLE tenant ADD COLUMN closed_kinds integer NOT NULL DEFAULT 0;

ALTER TABLE block DROP CONSTRAINT block_source_check;
ALTER TABLE block ADD CHECK (source IN (1, 2, 3, 4)); -- 4: the sum of the console's stops

CREATE TABLE staff (
	user_id      text PRIMARY KEY CHECK (user_id ~ '^[a-z0-9]{2,16}$'),
	sealed       bytea NOT NULL,                              -- name, secret of the one-time codes
	salt         bytea NOT NULL CHECK (octet_length(salt) = 16),
	pass         bytea NOT NULL CHECK (octet_length(pass) = 32), -- argon2id, keyed again
	otp_step     bigint NOT NULL DEFAULT 0,                   -- the newest code used
	failed       integer NOT NULL DEFAULT 0,
	locked_until_ms bigint NOT NULL DEFAULT 0,
	active       boolean NOT NULL DEFAULT true,
	made_ms      bigint NOT NULL
);
-- Each grant has an end, and its own end when it was taken back.
CREATE TABLE staff_right (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id      text NOT NULL REFERENCES staff,
	role         text NOT NULL,
	from_ms      bigint NOT NULL,
	until_ms     bigint NOT NULL,
	granted_by   text NOT NULL,
	ended_ms     bigint,
	ended_by     text
);
CREATE INDEX staff_right_user ON staff_right (user_id) WHERE ended_ms IS NULL;
-- session = SHA-256 of what the browser holds; it counts at that terminal only.
CREATE TABLE staff_session (
	session      bytea PRIMARY KEY CHECK (octet_length(session) = 32),
	user_id      text NOT NULL REFERENCES staff,
	terminal     text NOT NULL,
	begun_ms     bigint NOT NULL,
	seen_ms      bigint NOT NULL,
	ended_ms     bigint
);
CREATE INDEX staff_session_user ON staff_session (user_id) WHERE ended_ms IS NULL;

-- コンビニ交付停止. Several may stand for one subject; the block of source 4 is their sum.
CREATE TABLE stop (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	subject      bytea NOT NULL CHECK (octet_length(subject) = 16),
	household    boolean NOT NULL,
	kinds        integer NOT NULL CHECK (kinds > 0),
	state        smallint NOT NULL DEFAULT 1 CHECK (state IN (1, 2, 3)), -- 1 in force, 2 and its lifting is asked for, 3 lifted
	sealed       bytea NOT NULL,                              -- reason, who asked, from, review
	set_by       text NOT NULL,
	set_ms       bigint NOT NULL,
	asked_by     text,
	asked_ms     bigint,
	ended_by     text,
	ended_ms     bigint
);
CREATE INDEX stop_subject ON stop (subject) WHERE state <> 3;

-- The audit: rows are only ever added; the sealer links each into a chain (audit_link)
-- once a second and has kofu-seal sign where the chain stands (audit_checkpoint).
CREATE TABLE audit_row (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	uid          bytea NOT NULL UNIQUE CHECK (octet_length(uid) = 16),
	at_ms        bigint NOT NULL,
	source       smallint NOT NULL CHECK (source IN (1, 2, 3, 4)), -- 1 console, 2 stream, 3 issue, 4 operator
	kind         smallint NOT NULL CHECK (kind IN (1, 2, 3, 4)),   -- 1 read, 2 write, 3 refused, 4 log-in
	actor        bytea NOT NULL CHECK (octet_length(actor) = 16),  -- keyed hash
	subject      bytea CHECK (octet_length(subject) = 16),         -- person.ref, household, or nobody
	sealed       bytea NOT NULL
);
CREATE INDEX audit_row_at ON audit_row (at_ms);
CREATE INDEX audit_row_subject ON audit_row (subject, at_ms) WHERE subject IS NOT NULL;
CREATE INDEX audit_row_actor ON audit_row (actor, at_ms);
CREATE TABLE audit_open (id bigint PRIMARY KEY); -- rows that wait for their link
CREATE TABLE audit_link (
	seq          bigint PRIMARY KEY,
	row_id       bigint NOT NULL UNIQUE,
	head         bytea NOT NULL CHECK (octet_length(head) = 32)
);
CREATE TABLE audit_checkpoint (
	seq          bigint PRIMARY KEY,
	jws          text NOT NULL
);
CREATE TABLE audit_head (
	only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	seq          bigint NOT NULL,
	head         bytea NOT NULL CHECK (octet_length(head) = 32)
);
INSERT INTO audit_head (seq, head) VALUES (0, decode(repeat('00', 32), 'hex'));

DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_console') THEN CREATE ROLE kofu_console NOLOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_audit') THEN CREATE ROLE kofu_audit NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
END $$;
-- Everybody who does something says so; nobody who does reads or changes what was said.
GRANT INSERT ON audit_row, audit_open TO kofu_front, kofu_sync, kofu_console;
GRANT SELECT (id) ON audit_row TO kofu_front, kofu_sync;
GRANT SELECT ON audit_row, audit_link, audit_checkpoint, audit_open TO kofu_console;
GRANT SELECT ON audit_row, audit_link, audit_checkpoint, audit_open, audit_head TO kofu_audit;
GRANT INSERT ON audit_link, audit_checkpoint TO kofu_audit;
GRANT UPDATE ON audit_head TO kofu_audit;
GRANT DELETE ON audit_open TO kofu_audit;

GRANT SELECT ON tenant, stream, lease, person, resident_row, seal_row, block, parked, issue_person, issue_copy TO kofu_console;
GRANT SELECT (order_id, ref, kind, kiosk, state, issued_ms, released_ms) ON issue TO kofu_console;
GRANT UPDATE (closed_kinds) ON tenant TO kofu_console;
GRANT UPDATE (version) ON person TO kofu_console;
GRANT INSERT ON block TO kofu_console;
GRANT UPDATE (state, reason) ON issue_copy TO kofu_console;
GRANT SELECT, INSERT, UPDATE ON staff, staff_right, staff_session, stop TO kofu_console;
