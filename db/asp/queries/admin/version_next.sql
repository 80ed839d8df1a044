-- SPDX-License-Identifier: Apache-2.0
-- Above every version ever printed from, so that no paper of before passes for one of after.
-- args: 0
-- rows: one
SELECT coalesce(max(version), 0) + 1 FROM person
