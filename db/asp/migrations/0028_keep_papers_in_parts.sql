-- SPDX-License-Identifier: Apache-2.0
-- An answer's papers in rows as large as a page takes, a tenth of a millisecond less an order than
-- in a column: that was cut into four pieces a page, each with its entry in an index and in the log.
-- What was kept is of the last ten minutes; who asks for it once more is told that it is gone.
CREATE DOMAIN paper_part AS smallint CHECK (VALUE BETWEEN 1 AND 4200);             -- STORE_PAPER_PARTS
CREATE DOMAIN paper_bytes AS bytea CHECK (octet_length(VALUE) BETWEEN 1 AND 8000); -- STORE_PAPER_PART_BYTES

UPDATE issue SET papers = NULL WHERE papers IS NOT NULL; -- who drops a column leaves its bytes on the disk
ALTER TABLE issue DROP COLUMN papers; -- and its index
ALTER TABLE issue ADD COLUMN papers_bytes integer; -- of all parts; NULL: of an order of before

-- In the order of time: new rows come at the index's end, old ones are found at its beginning. No
-- foreign key: a look at the order for each part costs more than the rows do. A part is read by its
-- order alone and goes when it is old, whatever became of that.
CREATE TABLE issue_paper (
	issued_ms    bigint NOT NULL,          -- the order's
	part         paper_part NOT NULL
);
-- PLAIN: a row stays whole. Said in the step that adds the columns: then no TOAST table is made.
ALTER TABLE issue_paper
	ADD COLUMN order_id octets_16 NOT NULL, ALTER COLUMN order_id SET STORAGE PLAIN,
	ADD COLUMN bytes paper_bytes NOT NULL, ALTER COLUMN bytes SET STORAGE PLAIN,
	ADD PRIMARY KEY (issued_ms, order_id, part);
GRANT SELECT, INSERT, DELETE ON issue_paper TO kofu_front;
