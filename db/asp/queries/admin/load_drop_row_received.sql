-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_row_received: without any index a row is put down and no more.
-- args: 0
-- rows: none
DROP INDEX resident_row_received
