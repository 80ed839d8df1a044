-- SPDX-License-Identifier: Apache-2.0
-- Which kinds the city has stopped.
-- args: 2
-- rows: one
UPDATE tenant SET closed_kinds = closed_kinds & ~$1::integer | $2::integer RETURNING closed_kinds
