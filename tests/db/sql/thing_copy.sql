-- SPDX-License-Identifier: Apache-2.0
-- Many at once.
-- args: 5
-- rows: copy
COPY thing (id, label, raw, yes, small) FROM STDIN
