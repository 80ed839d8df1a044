-- SPDX-License-Identifier: Apache-2.0
-- The push that is not acknowledged yet, whole and in order.
-- args: 0
-- rows: many
SELECT push, issuer, serial, claim FROM directory_outbox
WHERE NOT sent AND push = (SELECT min(push) FROM directory_outbox WHERE NOT sent)
ORDER BY id
