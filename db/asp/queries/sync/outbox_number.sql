-- SPDX-License-Identifier: Apache-2.0
-- Gathers up to that many changes into the next push.
-- args: 1
-- rows: none
WITH next AS (
	SELECT id FROM directory_outbox WHERE NOT sent AND push IS NULL ORDER BY id LIMIT $1::integer
), moved AS (
	UPDATE directory_position SET push = push + 1 WHERE EXISTS (SELECT FROM next) RETURNING push
)
UPDATE directory_outbox SET push = moved.push FROM moved WHERE id IN (SELECT id FROM next)
