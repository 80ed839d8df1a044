-- SPDX-License-Identifier: Apache-2.0
-- Was this database restored, how far is its audit, which issue number comes next?
-- args: 0
-- rows: one
SELECT t.home <> cluster_home(), h.seq, t.next_number FROM tenant t, audit_head h
