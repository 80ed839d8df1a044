-- SPDX-License-Identifier: Apache-2.0
-- Which announcements of a municipality's nodes are taken: programs, schema and configuration as
-- two people saw them. While a release comes in, the old one and the new one stand here.

CREATE TABLE node_listed (
	muni         text NOT NULL,
	digest       bytea NOT NULL CHECK (octet_length(digest) = 32), -- over all that follows
	build        text NOT NULL CHECK (char_length(build) BETWEEN 1 AND 64),
	seal         text NOT NULL CHECK (char_length(seal) BETWEEN 1 AND 64),
	schema       integer NOT NULL,
	schema_sha256 bytea NOT NULL CHECK (octet_length(schema_sha256) = 32),
	conf_sha256  bytea NOT NULL CHECK (octet_length(conf_sha256) = 32),
	since_ms     bigint NOT NULL,
	by           text NOT NULL,  -- the two who listed it
	PRIMARY KEY (muni, digest)
);
-- Nodes that were cut off by the name in their certificate: a key stolen, a machine given back.
CREATE TABLE node_cut (
	node         text PRIMARY KEY CHECK (char_length(node) BETWEEN 1 AND 64),
	since_ms     bigint NOT NULL,
	by           text NOT NULL
);
CREATE TABLE node_log (
	at_ms        bigint NOT NULL,
	what         text NOT NULL CHECK (what IN ('listed', 'unlisted', 'cut', 'admitted')),
	muni         text,
	digest       bytea,
	node         text,
	by           text NOT NULL
);
GRANT SELECT ON node_listed, node_cut TO kofu_center;
