/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/session.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"
#include "server/front/node.h"
#include "server/front/store.h"
#include <string.h>

enum { JWS_MAX_BYTES = 2 * ORDER_MAX_BYTES };

int
session_read_transcript(
    struct arena *a, const json_t *body, struct front_session *ret, struct err *err)
{
	uint8_t *p = NULL;
	int r =
	    js_b64url(a, body, "transcript", TRANSCRIPT_MAX_BYTES, &p, &ret->transcript_bytes, err);
	if (r == 0)
		r = transcript_parse(p, ret->transcript_bytes, &ret->t, err);
	if (r)
		return err_trace(err, r, "transcript");
	ret->transcript = p;
	sha256(p, ret->transcript_bytes, ret->th);
	memcpy(ret->point.b, ret->t.point, KEY_POINT_BYTES);
	return err_trace(err, key_point_check(&ret->point, err), "session key");
}

int
session_read(struct arena *a, const json_t *body, struct front_session *ret, struct err *err)
{
	uint8_t *certificate = NULL, *signature = NULL;
	*ret = (struct front_session){ 0 };
	int r = session_read_transcript(a, body, ret, err);
	if (r == 0)
		r = js_b64url(a, body, "certificate", CERT_MAX_BYTES, &certificate,
		    &ret->certificate_bytes, err);
	if (r == 0)
		r = js_b64url(a, body, "signature", CERT_SIG_MAX_BYTES, &signature,
		    &ret->signature_bytes, err);
	ret->certificate = certificate;
	ret->signature = signature;
	return err_trace(err, r, "session");
}

/* *ret_until_ms: what it says of the certificate holds so long. */
static int
card_check_anew(struct front_session *s, const struct front *f, int64_t now_ms,
    struct card_memo_card *ret, int64_t *ret_until_ms, struct err *err)
{
	AUTO(cert) struct cert *c = NULL;
	uint8_t hash[SHA256_BYTES];
	int r = cert_parse(s->certificate, s->certificate_bytes, &c, err);
	if (r)
		return err_trace(err, r, "certificate");
	cert_hash(c, hash);
	if (!mem_equal(hash, s->t.cert_hash, sizeof(hash)))
		return FRONT_E_CARD;
	r = cert_check(c, f->pins, now_ms, ret->issuer, ret_until_ms, err);
	if (r == 0)
		r = cert_verify_digest(c, s->th, s->signature, s->signature_bytes, err);
	if (r)
		return r > 0 ? FRONT_E_CARD : err_trace(err, r, "card");
	ret->serial_bytes = cert_serial(c, ret->serial);
	return 0;
}

/*
 * The same transcript, certificate and signature were found good lately, or are now. That the
 * transcript names the certificate is of the same bytes, too.
 */
static int
card_check(struct front_session *s, const struct front *f, int64_t now_ms, struct err *err)
{
	struct card_memo_card card = { 0 };
	int64_t until_ms = 0;
	const int64_t session_ms = s->t.at_ms + FRONT_TRANSCRIPT_MAX_AGE_MS;
	const struct card_memo_key key = card_memo_key(
	    s->th, s->certificate, s->certificate_bytes, s->signature, s->signature_bytes);
	if (!card_memo_find(f->cards, &key, now_ms, &card)) {
		int r = card_check_anew(s, f, now_ms, &card, &until_ms, err);
		if (r)
			return err_trace(err, r, "session's card");
		card_memo_note(
		    f->cards, &key, now_ms, until_ms < session_ms ? until_ms : session_ms, &card);
	}
	memcpy(s->issuer, card.issuer, sizeof(s->issuer));
	memcpy(s->serial, card.serial, sizeof(s->serial));
	s->serial_bytes = card.serial_bytes;
	return 0;
}

int
session_check(struct front_session *s, const struct front *f, const struct http_peer *peer,
    int64_t now_ms, struct err *err)
{
	if (strcmp(s->t.center, f->conf->center_id) != 0 || strcmp(peer->name, s->t.center) != 0)
		return err_raise(err, FAULT_INTEGRITY, "another center", 0);
	if (s->t.at_ms > now_ms + FRONT_CLOCK_AHEAD_MS ||
	    now_ms - s->t.at_ms > FRONT_TRANSCRIPT_MAX_AGE_MS)
		return FRONT_E_SESSION_EXPIRED;
	return card_check(s, f, now_ms, err);
}

int
session_open(struct arena *a, const struct front_session *s, const json_t *body, const char *member,
    const char *typ, uint8_t **ret, size_t *ret_bytes, struct err *err)
{
	const char *jws = NULL;
	int r = js_text(body, member, JWS_MAX_BYTES, &jws, err);
	if (r == 0)
		r = jws_verify(a, &s->point, typ, jws, strlen(jws), ret, ret_bytes, err);
	return err_trace(err, r, "signed by the session");
}

/* Under each data key that is here; and is that all there are? */
static int
card_see(const struct front_session *s, struct front_muni *m, struct db *db, struct arena *a,
    const struct store_ask *q, struct store_seen *ret, bool *ret_again, struct err *err)
{
	struct vault_hash card;
	struct vault_hashes cards;
	vault_card(&m->vault, s->issuer, s->serial, s->serial_bytes, &card);
	int r = vault_hash_all(&m->vault, &card, &cards, err);
	if (r == 0)
		r = store_see(db, a, &cards, q, ret, err);
	*ret_again = r == 0 && ret->ring_seq != ring_seq(&m->ring);
	return err_trace(err, r, "card");
}

int
session_view(const struct front_session *s, struct front_muni *m, struct db *db, struct arena *a,
    const struct store_ask *q, struct store_view *ret, struct err *err)
{
	struct store_seen seen = { .state = NULL };
	bool again = false;
	int r = card_see(s, m, db, a, q, &seen, &again, err);
	if (r == 0 && again) { /* the keys changed: a snapshot anew, with all of them */
		store_seen_done(&seen);
		r = front_keys_look(m, db, err);
		if (r == 0)
			r = card_see(s, m, db, a, q, &seen, &again, err);
		if (r == 0 && again)
			r = err_raise(err, FAULT_UNAVAILABLE, "the data keys change", 0);
	}
	if (r == 0 && seen.holder.sealed != NULL)
		r = vault_card_check(
		    &m->vault, &seen.holder, s->issuer, s->serial, s->serial_bytes, err);
	if (r == 0)
		r = store_seen_take(&seen, a, ret, err);
	store_seen_done(&seen);
	return err_trace(err, r, "view");
}

int
session_muni(
    const struct http_req *req, const json_t *body, struct front_muni **ret, struct err *err)
{
	const char *code = NULL;
	int r = js_text(body, "muni", 6, &code, err);
	if (r)
		return err_trace(err, r, "municipality");
	*ret = front_muni_find(req->app, code);
	return *ret != NULL ? node_is_meant(*ret, req) : FRONT_E_NO_SUCH_MUNI;
}
