-- SPDX-License-Identifier: Apache-2.0
-- One thing with every type of argument.
-- args: 5
-- rows: none
INSERT INTO thing (id, label, raw, yes, small) VALUES ($1, $2, $3, $4, $5)
