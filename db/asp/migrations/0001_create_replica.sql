-- SPDX-License-Identifier: Apache-2.0
-- The replica of one municipality. Personal columns are sealed (domain/vault.h):
-- a dump shows keyed hashes, versions, states and times.

CREATE TABLE tenant (
	only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	muni         text NOT NULL CHECK (muni ~ '^[0-9]{6}$'),
	wrapped_key  bytea NOT NULL CHECK (octet_length(wrapped_key) = 60),
	stopped      text,                     -- a code; NULL = serving
	next_number  bigint NOT NULL DEFAULT 1 -- 発行番号の連番
);

-- How far the stream came; moved in the transaction that applies a batch.
CREATE TABLE stream (
	only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	epoch        bigint NOT NULL,
	seq          bigint NOT NULL,
	hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
	source       text NOT NULL,            -- the agent's own position
	register_ms  bigint NOT NULL           -- commit time in the register of the newest change
);

-- The lease: beaten once a second, in a row of its own so that it disturbs nobody.
CREATE TABLE lease (
	only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	beat_ms      bigint NOT NULL,
	seq          bigint NOT NULL
);

CREATE TABLE batch (
	epoch        bigint NOT NULL,
	seq          bigint NOT NULL,
	hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
	n_records    integer NOT NULL,
	applied_ms   bigint NOT NULL,
	PRIMARY KEY (epoch, seq)
);

-- One row a person: what decides, and the lock of the issuing transaction.
-- version grows with everything that touches the person: rows, seal, card, block.
CREATE TABLE person (
	ref          bytea PRIMARY KEY CHECK (octet_length(ref) = 16),
	household    bytea NOT NULL CHECK (octet_length(household) = 16),
	narabi       integer NOT NULL,
	state        smallint NOT NULL CHECK (state IN (1, 2)), -- enum resident_state
	rireki_no    bigint NOT NULL CHECK (rireki_no > 0),     -- the newest row
	version      bigint NOT NULL DEFAULT 1,
	parked       boolean NOT NULL DEFAULT false,            -- a record of this person could not be read, or a gap
	removed_ms   bigint                                     -- when we learnt of the removal
);
CREATE INDEX person_household ON person (household);

CREATE TABLE resident_row (
	ref          bytea NOT NULL REFERENCES person ON DELETE CASCADE,
	rireki_no    bigint NOT NULL,
	state        smallint NOT NULL,
	sealed       bytea NOT NULL,
	received_ms  bigint NOT NULL,
	PRIMARY KEY (ref, rireki_no)
);

CREATE TABLE seal_row (
	ref          bytea NOT NULL REFERENCES person ON DELETE CASCADE,
	rireki_no    bigint NOT NULL,
	state        smallint NOT NULL CHECK (state IN (1, 2)), -- enum seal_state
	sealed       bytea NOT NULL,
	received_ms  bigint NOT NULL,
	PRIMARY KEY (ref, rireki_no)
);

-- card = keyed hash of (issuer key hash, serial). At most one person holds it.
CREATE TABLE card (
	card         bytea NOT NULL CHECK (octet_length(card) = 16),
	ref          bytea NOT NULL REFERENCES person ON DELETE CASCADE,
	rireki_no    bigint NOT NULL,
	active       boolean NOT NULL,
	PRIMARY KEY (card, ref)
);
CREATE UNIQUE INDEX card_one_holder ON card (card) WHERE active;

-- 抑止・申出による停止. subject = a person's ref or a household's hash. A block has
-- no end date here: only a further row with active = false lifts it.
CREATE TABLE block (
	subject      bytea NOT NULL CHECK (octet_length(subject) = 16),
	source       smallint NOT NULL CHECK (source IN (1, 2, 3)), -- 1 register, 2 kofu-server, 3 reconciliation
	rireki_no    bigint NOT NULL,
	active       boolean NOT NULL,
	kinds        integer NOT NULL, -- bit 1 << enum doc_kind
	at_ms        bigint NOT NULL,
	PRIMARY KEY (subject, source, rireki_no)
);

-- Records that could not be read park their person, not the stream.
CREATE TABLE parked (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	epoch        bigint NOT NULL,
	seq          bigint NOT NULL,
	ref          bytea,
	code         text NOT NULL,
	at_ms        bigint NOT NULL
);

-- What the center's directory must still hear, in order.
CREATE TABLE directory_outbox (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	issuer       bytea NOT NULL CHECK (octet_length(issuer) = 32),
	serial       bytea NOT NULL CHECK (octet_length(serial) BETWEEN 1 AND 20),
	claim        boolean NOT NULL,
	sent         boolean NOT NULL DEFAULT false
);
CREATE INDEX directory_outbox_unsent ON directory_outbox (id) WHERE NOT sent;

-- One order: the ledger. The answer's bytes stay only until they are redeemed or ten minutes old.
CREATE TABLE issue (
	order_id     bytea PRIMARY KEY CHECK (octet_length(order_id) = 16),
	th           bytea NOT NULL CHECK (octet_length(th) = 32),
	oh           bytea NOT NULL CHECK (octet_length(oh) = 32),
	card         bytea NOT NULL,
	ref          bytea NOT NULL,            -- who asked
	kind         smallint NOT NULL,
	kiosk        text NOT NULL,
	state        smallint NOT NULL CHECK (state IN (1, 2, 3, 4)), -- 1 issued, 2 released, 3 reported, 4 refused at release
	manifest     text,
	manifest_hash bytea,
	papers       text,
	issued_ms    bigint NOT NULL,
	released_ms  bigint
);
-- Whose rows, in which version, stand on the papers of an order.
CREATE TABLE issue_person (
	order_id     bytea NOT NULL REFERENCES issue ON DELETE CASCADE,
	ref          bytea NOT NULL,
	version      bigint NOT NULL,
	PRIMARY KEY (order_id, ref)
);
CREATE INDEX issue_person_ref ON issue_person (ref);
CREATE TABLE issue_copy (
	number       text PRIMARY KEY,
	serial       bytea NOT NULL UNIQUE CHECK (octet_length(serial) = 16),
	order_id     bytea NOT NULL REFERENCES issue ON DELETE CASCADE,
	pages        smallint NOT NULL,
	state        smallint NOT NULL CHECK (state IN (1, 2, 3)), -- 1 issued, 2 printed, 3 void
	reason       text NOT NULL DEFAULT ''
);

-- Least rights by what a process does. Logging in to this database at all is
-- granted to this municipality's own login roles only (kofu-server provision).
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_front') THEN CREATE ROLE kofu_front NOLOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_sync') THEN CREATE ROLE kofu_sync NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
END $$;
GRANT SELECT ON tenant, stream, lease, person, resident_row, seal_row, card, block TO kofu_front;
GRANT UPDATE (next_number, stopped) ON tenant TO kofu_front;
GRANT UPDATE (version) ON person TO kofu_front; -- what FOR NO KEY UPDATE asks for
GRANT SELECT, INSERT, UPDATE ON issue, issue_person, issue_copy TO kofu_front;
GRANT SELECT, INSERT, UPDATE ON tenant, stream, lease, batch, person, resident_row, seal_row, card, block, parked, directory_outbox TO kofu_sync;
