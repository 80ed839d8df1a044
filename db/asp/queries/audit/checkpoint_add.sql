-- SPDX-License-Identifier: Apache-2.0
-- Where the chain stood, signed.
-- args: 2
-- rows: none
INSERT INTO audit_checkpoint (seq, jws) VALUES ($1::bigint, $2::text)
