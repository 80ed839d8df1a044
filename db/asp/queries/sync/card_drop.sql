-- SPDX-License-Identifier: Apache-2.0
-- A card's row under an earlier data key: it is written anew behind this.
-- args: 2
-- rows: none
DELETE FROM card WHERE card = ANY ($1::bytea[]) AND ref = $2::bytea
