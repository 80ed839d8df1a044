-- SPDX-License-Identifier: Apache-2.0
-- Which key directory of kofu-seal the audit has heard of; the first is no change of anything.

ALTER TABLE tenant ADD COLUMN keys_seq bigint NOT NULL DEFAULT 1;
