-- SPDX-License-Identifier: Apache-2.0
-- A session, with the standing of its municipality; none of a kiosk that is cut off.
-- args: 1
-- rows: maybe
SELECT x.kiosk, x.muni, x.th, x.transcript, x.certificate, x.signature, x.expires_ms, s.stopped IS NOT NULL
FROM session x LEFT JOIN muni_state s USING (muni)
WHERE x.id = $1::bytea AND NOT EXISTS (SELECT FROM kiosk_cut c WHERE c.kiosk = x.kiosk)
