-- SPDX-License-Identifier: Apache-2.0
-- Is there a slot of this name in this register?
-- args: 1
-- rows: one
SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1::name AND database = current_database())
