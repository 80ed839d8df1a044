-- SPDX-License-Identifier: Apache-2.0
-- The one active holder of a card (its hashes), and the sealed row that says so; how new the keys are.
-- The inner SELECT: see persons_lock.
-- args: 1
-- rows: many
SELECT c.ref, c.rireki_no, c.sealed, t.ring_seq
  FROM tenant t LEFT JOIN card c ON c.card = ANY (ARRAY(SELECT unnest($1::bytea[]))) AND c.active
