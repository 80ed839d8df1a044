-- SPDX-License-Identifier: Apache-2.0
-- The center knows no resident: cards by (issuer key hash, serial), sessions,
-- orders and issue numbers. Nothing here names a person.

CREATE TABLE nonce (
	nonce        bytea PRIMARY KEY CHECK (octet_length(nonce) = 32),
	kiosk        text NOT NULL,
	made_ms      bigint NOT NULL,
	spent        boolean NOT NULL DEFAULT false -- burnt by one conditional UPDATE
);
CREATE INDEX nonce_made ON nonce (made_ms);

CREATE TABLE session (
	id           bytea PRIMARY KEY CHECK (octet_length(id) = 16),
	kiosk        text NOT NULL,
	muni         text NOT NULL,
	th           bytea NOT NULL UNIQUE CHECK (octet_length(th) = 32),
	transcript   bytea NOT NULL,
	certificate  bytea NOT NULL,
	signature    bytea NOT NULL,
	expires_ms   bigint NOT NULL
);

-- Who claims a card. Two claims on one card block it.
CREATE TABLE directory (
	issuer       bytea NOT NULL CHECK (octet_length(issuer) = 32),
	serial       bytea NOT NULL CHECK (octet_length(serial) BETWEEN 1 AND 20),
	muni         text NOT NULL,
	PRIMARY KEY (issuer, serial, muni)
);
-- How far each municipality's changes were applied; a repeated change does nothing.
CREATE TABLE directory_position (
	muni         text PRIMARY KEY,
	seq          bigint NOT NULL
);

CREATE TABLE muni_state (
	muni         text PRIMARY KEY,
	stopped      text,          -- a code; NULL = serving
	since_ms     bigint NOT NULL,
	lifted_by    text           -- the two who lifted the last stop
);

CREATE TABLE order_log (
	order_id     bytea PRIMARY KEY CHECK (octet_length(order_id) = 16),
	session      bytea NOT NULL REFERENCES session,
	oh           bytea NOT NULL CHECK (octet_length(oh) = 32),
	muni         text NOT NULL,
	kiosk        text NOT NULL,
	kind         smallint NOT NULL,
	state        text NOT NULL, -- asked, answered, refused, released, reported
	manifest_hash bytea,
	at_ms        bigint NOT NULL
);

-- For the banks: does a number exist, and does it stand?
CREATE TABLE issue_number (
	number       text PRIMARY KEY,
	serial       bytea NOT NULL UNIQUE CHECK (octet_length(serial) = 16),
	order_id     bytea NOT NULL REFERENCES order_log,
	muni         text NOT NULL,
	kind         smallint NOT NULL,
	pages        smallint NOT NULL,
	state        text NOT NULL CHECK (state IN ('issued', 'valid', 'void')), -- valid: the kiosk said printed
	reason       text NOT NULL DEFAULT '',
	issued_ms    bigint NOT NULL
);
CREATE INDEX issue_number_order ON issue_number (order_id);

-- Each time a paper was asked for, with its answer: no picture, no name.
CREATE TABLE inquiry (
	id           text PRIMARY KEY,
	number       text NOT NULL,
	page         smallint NOT NULL,
	verdict      text NOT NULL CHECK (verdict IN ('match', 'altered', 'undecided')),
	at_ms        bigint NOT NULL
);
CREATE INDEX inquiry_number ON inquiry (number, at_ms);

DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_center') THEN CREATE ROLE kofu_center LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_inquiry') THEN CREATE ROLE kofu_inquiry LOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON nonce, session, directory, directory_position, muni_state, order_log, issue_number TO kofu_center;
GRANT SELECT ON issue_number TO kofu_inquiry;
GRANT SELECT, INSERT ON inquiry TO kofu_inquiry;
