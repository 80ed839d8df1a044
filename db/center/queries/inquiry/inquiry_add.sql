-- SPDX-License-Identifier: Apache-2.0
-- Remembers that a page was asked for, and what was answered; a repeated request adds nothing.
-- args: 5
-- rows: none
INSERT INTO inquiry (id, number, page, verdict, at_ms) VALUES ($1, $2, $3::smallint, $4, $5::bigint)
ON CONFLICT (id) DO NOTHING
