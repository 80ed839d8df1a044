-- SPDX-License-Identifier: Apache-2.0
-- How many unspent nonces a kiosk holds is asked at each nonce: without this index all of the last
-- minute's are read for it.

CREATE INDEX nonce_unspent ON nonce (kiosk, made_ms) WHERE NOT spent;
