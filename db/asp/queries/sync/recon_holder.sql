-- SPDX-License-Identifier: Apache-2.0
-- Does somebody else hold this card?
-- args: 2
-- rows: one
SELECT EXISTS (SELECT FROM card WHERE card = ANY ($1::bytea[]) AND ref <> $2::bytea AND active)
