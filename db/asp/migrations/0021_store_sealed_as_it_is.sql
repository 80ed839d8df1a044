-- SPDX-License-Identifier: Apache-2.0
-- What is sealed cannot be made smaller. PostgreSQL tried with each row of more than 2 kB, which
-- every seal is: half of what writing one cost.
ALTER TABLE resident_row ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE seal_row ALTER COLUMN sealed SET STORAGE EXTERNAL;
