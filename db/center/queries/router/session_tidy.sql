-- SPDX-License-Identifier: Apache-2.0
-- Ended sessions lose the card's certificate and signature.
-- args: 1
-- rows: none
UPDATE session SET certificate = '', signature = '' WHERE expires_ms < $1::bigint AND certificate <> ''
