-- SPDX-License-Identifier: Apache-2.0
-- Rows whose period is over are looked for every hour: small indexes, for rows
-- lie in the order in which they came.

CREATE INDEX resident_row_received ON resident_row USING brin (received_ms);
CREATE INDEX seal_row_received ON seal_row USING brin (received_ms);
