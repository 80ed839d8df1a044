-- SPDX-License-Identifier: Apache-2.0
-- Where the center shares a cluster with anything else, nobody's role but its own two comes in.

DO $$ BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO kofu_center, kofu_inquiry', current_database());
END $$;
