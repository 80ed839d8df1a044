-- SPDX-License-Identifier: Apache-2.0
-- The standing of one issue number; a void of the city goes before what the kiosk said.
-- args: 1
-- rows: maybe
SELECT CASE WHEN v.number IS NULL THEN n.state ELSE 'void' END, CASE WHEN v.number IS NULL THEN n.reason ELSE 'city' END,
       n.issued_ms, n.pages
  FROM issue_number n LEFT JOIN void_number v USING (number) WHERE n.number = $1
