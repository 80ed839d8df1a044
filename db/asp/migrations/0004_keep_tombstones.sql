-- SPDX-License-Identifier: Apache-2.0
-- Erasing and mending. Who is erased after the municipality's period leaves a
-- keyed hash and a number behind, so that a late replay cannot raise them; what
-- was erased stands in a chain of hashes, without anything personal.

CREATE TABLE tombstone (
	ref          bytea PRIMARY KEY CHECK (octet_length(ref) = 16),
	rireki_no    bigint NOT NULL CHECK (rireki_no > 0), -- the newest row that was erased
	seal_no      bigint NOT NULL,                       -- of the seal's history; 0 = none
	card_no      bigint NOT NULL,
	erased_ms    bigint NOT NULL
);

CREATE TABLE erasure (
	id           bigint PRIMARY KEY CHECK (id > 0), -- 1, 2, 3 ... without a gap
	reason       text NOT NULL,                     -- 'retention', 'superseded', 'unknown'
	ref          bytea,                             -- whom; NULL = rows of many
	rireki_no    bigint NOT NULL,                   -- the newest number erased, 0 = of many
	n_rows       bigint NOT NULL,
	removed_ms   bigint NOT NULL,                   -- when we learnt of the removal
	erased_ms    bigint NOT NULL,
	hash         bytea NOT NULL CHECK (octet_length(hash) = 32) -- of the row before and this one
);

CREATE INDEX person_removed ON person (removed_ms) WHERE state = 2;

GRANT SELECT, INSERT, UPDATE ON tombstone TO kofu_sync;
GRANT SELECT, INSERT ON erasure TO kofu_sync;
GRANT DELETE ON person, resident_row, seal_row, card, block, parked TO kofu_sync;
