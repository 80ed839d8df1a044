-- SPDX-License-Identifier: Apache-2.0
-- A municipality holds this card.
-- args: 3
-- rows: none
INSERT INTO directory (issuer, serial, muni) VALUES ($1::bytea, $2::bytea, $3) ON CONFLICT DO NOTHING
