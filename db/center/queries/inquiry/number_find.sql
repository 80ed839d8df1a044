-- SPDX-License-Identifier: Apache-2.0
-- The standing of one issue number.
-- args: 1
-- rows: maybe
SELECT state, reason, issued_ms, pages FROM issue_number WHERE number = $1
