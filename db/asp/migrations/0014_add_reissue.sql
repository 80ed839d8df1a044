-- SPDX-License-Identifier: Apache-2.0
-- Once more without fee: the city lets who got a spoilt paper order the same kind again. Why stands
-- sealed. The order that uses it says so in the transaction that makes it an order.

CREATE TABLE reissue (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	number       text NOT NULL REFERENCES issue_copy, -- of the spoilt paper
	ref          bytea NOT NULL CHECK (octet_length(ref) = 16), -- who ordered it and may order again
	kind         smallint NOT NULL,
	state        smallint NOT NULL CHECK (state IN (1, 2, 3, 4)), -- 1 asked for, 2 allowed, 3 used, 4 ended unused
	sealed       bytea NOT NULL,                      -- why
	until_ms     bigint NOT NULL,
	asked_by     text NOT NULL,
	asked_ms     bigint NOT NULL,
	decided_by   text,                                -- who allowed, refused or ended it
	decided_ms   bigint,
	order_id     bytea UNIQUE REFERENCES issue DEFERRABLE INITIALLY DEFERRED, -- the order is written behind it
	used_ms      bigint,
	CHECK ((state = 3) = (order_id IS NOT NULL))
);
CREATE UNIQUE INDEX reissue_number ON reissue (number) WHERE state <> 4; -- a paper once
CREATE UNIQUE INDEX reissue_open ON reissue (ref, kind) WHERE state IN (1, 2); -- one at a time

-- The number whose spoilt paper an order was for.
ALTER TABLE issue ADD COLUMN reissue_of text;

GRANT SELECT (id, number, ref, kind, state, until_ms) ON reissue TO kofu_front;
GRANT UPDATE (state, order_id, used_ms) ON reissue TO kofu_front;
GRANT SELECT, INSERT ON reissue TO kofu_console;
GRANT UPDATE (state, decided_by, decided_ms) ON reissue TO kofu_console;
GRANT SELECT (reissue_of) ON issue TO kofu_console;
