-- SPDX-License-Identifier: Apache-2.0
-- When a kind is served and what a copy of it costs, as the city sets it in its pages; what is not
-- here is the profile's. Rows are added and ended, never changed: what held when stays to be read.

-- 休止日, 年末年始, メンテナンス: from and until are instants, planned ahead or at once.
CREATE TABLE closure (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kinds        integer NOT NULL CHECK (kinds > 0), -- 1 << enum doc_kind
	category     text NOT NULL,
	note         text NOT NULL,
	from_ms      bigint NOT NULL,
	until_ms     bigint NOT NULL CHECK (until_ms > from_ms),
	set_by       text NOT NULL,
	set_ms       bigint NOT NULL,
	ended_by     text,
	ended_ms     bigint
);
CREATE INDEX closure_open ON closure (until_ms) WHERE ended_ms IS NULL;
-- 利用時間 by weekday, Monday first (domain/terms.h), from a day on until another row's day.
CREATE TABLE week (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind         smallint NOT NULL,
	days         text NOT NULL,
	year_end     boolean NOT NULL,
	from_ms      bigint NOT NULL,
	set_by       text NOT NULL,
	set_ms       bigint NOT NULL,
	ended_by     text,
	ended_ms     bigint
);
CREATE INDEX week_kind ON week (kind, from_ms) WHERE ended_ms IS NULL;
-- 手数料 of a copy, from a day on until another row's day.
CREATE TABLE fee (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind         smallint NOT NULL,
	fee_yen      integer NOT NULL CHECK (fee_yen BETWEEN 0 AND 10000),
	from_ms      bigint NOT NULL,
	set_by       text NOT NULL,
	set_ms       bigint NOT NULL,
	ended_by     text,
	ended_ms     bigint
);
CREATE INDEX fee_kind ON fee (kind, from_ms) WHERE ended_ms IS NULL;

-- What a copy of the order cost: the resident signed it and the server agreed. NULL: before this.
ALTER TABLE issue ADD COLUMN fee_yen integer;

GRANT SELECT ON closure, week, fee TO kofu_front;
GRANT SELECT, INSERT ON closure, week, fee TO kofu_console;
GRANT UPDATE (ended_by, ended_ms) ON closure, week, fee TO kofu_console;
GRANT SELECT (fee_yen) ON issue TO kofu_console;
