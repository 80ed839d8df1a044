-- SPDX-License-Identifier: Apache-2.0
-- Made again by load_add_survey_whose.
-- args: 0
-- rows: none
ALTER TABLE survey DROP CONSTRAINT survey_ref_fkey
