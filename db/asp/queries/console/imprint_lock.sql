-- SPDX-License-Identifier: Apache-2.0
-- One at a time proposes, approves or withdraws, until its transaction ends.
-- args: 0
-- rows: one
SELECT true FROM pg_advisory_xact_lock(hashtextextended('imprint', 0))
