-- SPDX-License-Identifier: Apache-2.0
-- Forgets nonces made before that instant.
-- args: 1
-- rows: none
DELETE FROM nonce WHERE made_ms < $1::bigint
