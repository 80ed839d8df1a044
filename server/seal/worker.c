/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/worker.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/jose.h"
#include "server/build.h"
#include "server/confdigest.h"
#include "server/seal/drawn.h"
#include "server/seal/keys.h"
#include "server/seal/message.h"
#include "wire/frame.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OPEN_TRIES = 3,
	OPEN_WAIT_MS = 100,
	CHECKPOINT_ARENA_BYTES = 16384,
	KEYS_ARENA_BYTES = 1 << 20,
	ANSWER_HEAD_BYTES = 16
};

int
seal_worker_open(
    struct seal_worker *w, const struct seal_conf *c, struct render_fonts *fonts, struct err *err)
{
	*w = (struct seal_worker){ .conf = c, .fonts = fonts, .glyphs = drawn_glyphs_new() };
	for (unsigned i = 0; i < c->n_munis; i++)
		w->munis[i].conf = &c->munis[i];
	int r = token_open(&c->token, &w->token, err);
	for (unsigned i = 0; r == FAULT_CONFIG && i < OPEN_TRIES; i++) {
		/* SoftHSM may miss a token while another process opens it. */
		(void)usleep(OPEN_WAIT_MS * 1000);
		*err = (struct err){ 0 };
		r = token_open(&c->token, &w->token, err);
	}
	if (r == 0)
		r = cert_pins_load(c->pins, c->policy, &w->pins, err);
	if (r == 0)
		r = seal_worker_inquiry(w, err);
	return err_fold(err, r, "worker");
}

void
seal_worker_close(struct seal_worker *w)
{
	for (unsigned i = 0; i < w->conf->n_munis; i++)
		signers_free(w->munis[i].signers);
	token_close(w->token);
	cert_pins_free(w->pins);
	drawn_glyphs_free(w->glyphs);
	mem_wipe(w, sizeof(*w));
}

int
seal_worker_muni(struct seal_worker *w, struct muni_code muni, struct seal_muni **ret)
{
	for (unsigned i = 0; i < w->conf->n_munis; i++) {
		if (!muni_equal(w->munis[i].conf->parsed.muni, muni))
			continue;
		*ret = &w->munis[i];
		return 0;
	}
	return SEAL_E_NO_KEY;
}

int
seal_worker_signer(struct seal_worker *w, struct seal_muni *m, const struct key_id *known,
    unsigned n_known, struct key_signer *ret, struct err *err)
{
	return signers_take(
	    &m->signers, w->token, w->conf, m->conf->parsed.muni, known, n_known, ret, err);
}

int
seal_worker_inquiry(struct seal_worker *w, struct err *err)
{
	struct file_stamp now;
	file_stamp(w->conf->inquiry_key, &now);
	if (file_stamp_equal(&now, &w->inquiry_stamp))
		return 0;
	w->inquiry_stamp = now;
	return err_trace(err, seal_conf_point(w->conf->inquiry_key, &w->inquiry, err), "inquiry");
}

static bool
keys_equal(const struct seal_muni *m, const struct seal_ask *q)
{
	bool same = m->n_keys == q->n_keys;
	for (unsigned i = 0; i < q->n_keys && same; i++)
		same = m->keys[i].use == q->keys[i].use &&
		    m->keys[i].generation == q->keys[i].generation &&
		    mem_equal(m->keys[i].wrapped, q->keys[i].wrapped, SEAL_WRAPPED_BYTES);
	return same;
}

static int
vault_key_add(struct seal_worker *w, struct seal_muni *m, const struct seal_key *k, struct err *err)
{
	uint8_t dek[SEAL_KEY_BYTES];
	int r = keys_unwrap(w->token, m->conf->parsed.muni, k, dek, err);
	if (r == TOKEN_E_NO_KEY)
		return SEAL_E_NO_KEY;
	if (r)
		return err_fold(err, r, "data key");
	if (k->use == SEAL_KEY_REF)
		vault_put_ref(&m->vault, dek);
	else
		vault_put(&m->vault, k->generation, dek);
	mem_wipe(dek, sizeof(dek));
	return 0;
}

/* A reference key comes behind the first generation, which would set it. */
int
seal_worker_vault(
    struct seal_worker *w, struct seal_muni *m, const struct seal_ask *q, struct err *err)
{
	int r = 0;
	if (keys_equal(m, q))
		return 0;
	m->n_keys = 0;
	vault_begin(&m->vault, m->conf->parsed.muni);
	for (int use = SEAL_KEY_DATA; use <= SEAL_KEY_REF; use++)
		for (unsigned i = 0; i < q->n_keys && r == 0; i++)
			if (q->keys[i].use == use)
				r = vault_key_add(w, m, &q->keys[i], err);
	if (r)
		return err_trace(err, r, "vault");
	memcpy(m->keys, q->keys, sizeof(m->keys));
	m->n_keys = q->n_keys;
	return 0;
}

static int
muni_of(struct seal_worker *w, struct rd *r, struct seal_muni **ret, struct err *err)
{
	struct muni_code muni;
	const uint8_t *p = rd_bytes(r, 6);
	if (p == NULL || !muni_parse((const char *)p, 6, &muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality", 0);
	return seal_worker_muni(w, muni, ret);
}

/* The key in the request: "muni ‖ key". Wipe it. */
static int
dek_of(struct seal_worker *w, struct rd *in, struct seal_muni **ret, struct seal_key *ret_key,
    uint8_t dek[SEAL_KEY_BYTES], struct err *err)
{
	int r = muni_of(w, in, ret, err);
	if (r)
		return err_trace(err, r, "unwrap");
	if (!seal_key_read(in, ret_key) || !rd_done(in))
		return err_raise(err, FAULT_BAD_INPUT, "unwrap", 0);
	r = keys_unwrap(w->token, (*ret)->conf->parsed.muni, ret_key, dek, err);
	if (r == TOKEN_E_NO_KEY)
		return SEAL_E_NO_KEY;
	return err_fold(err, r, "unwrap");
}

static int
answer_unwrap(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	struct seal_muni *m = NULL;
	struct seal_key k;
	uint8_t dek[SEAL_KEY_BYTES];
	int r = dek_of(w, in, &m, &k, dek, err);
	if (r)
		return err_trace(err, r, "unwrap");
	seal_answer_begin(out, 0);
	buf_put(out, dek, sizeof(dek));
	mem_wipe(dek, sizeof(dek));
	return 0;
}

static int
wrap_answer(struct seal_worker *w, const struct seal_muni *m, struct seal_key *k,
    uint8_t dek[SEAL_KEY_BYTES], struct buf *out, struct err *err)
{
	int r = keys_wrap(w->token, m->conf->parsed.muni, dek, k, err);
	mem_wipe(dek, SEAL_KEY_BYTES);
	if (r == TOKEN_E_NO_KEY)
		return SEAL_E_NO_KEY;
	if (r)
		return err_fold(err, r, "wrap");
	seal_answer_begin(out, 0);
	buf_put(out, k->wrapped, sizeof(k->wrapped));
	return 0;
}

static int
answer_rewrap(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	struct seal_muni *m = NULL;
	struct seal_key k;
	uint8_t dek[SEAL_KEY_BYTES];
	int r = dek_of(w, in, &m, &k, dek, err);
	if (r == 0)
		r = wrap_answer(w, m, &k, dek, out, err);
	return err_trace(err, r, "rewrap");
}

/* A fresh key is drawn here and leaves in this form. */
static int
answer_wrap(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	struct seal_muni *m = NULL;
	struct seal_key k = { 0 };
	uint8_t dek[SEAL_KEY_BYTES];
	size_t n = 0;
	int r = muni_of(w, in, &m, err);
	if (r)
		return err_trace(err, r, "wrap");
	k.use = rd_u8(in);
	k.generation = rd_u16(in);
	const uint8_t *p = rd_field32(in, &n);
	if (!rd_done(in) || (n != 0 && n != sizeof(dek)) || k.use < SEAL_KEY_DATA ||
	    k.use > SEAL_KEY_AUDIT || (k.generation == 0) != (k.use == SEAL_KEY_REF) ||
	    k.generation > VAULT_MAX_GENERATIONS)
		return err_raise(err, FAULT_BAD_INPUT, "wrap", (long)n);
	if (n == 0)
		rand_bytes(dek, sizeof(dek));
	else
		memcpy(dek, p, sizeof(dek));
	return err_trace(err, wrap_answer(w, m, &k, dek, out, err), "wrap");
}

static int
answer_keys(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(KEYS_ARENA_BYTES);
	struct seal_muni *m = NULL;
	struct key_point root;
	const char *jws = NULL;
	int r = muni_of(w, in, &m, err);
	if (r == 0 && !rd_done(in))
		r = err_raise(err, FAULT_BAD_INPUT, "keys", 0);
	if (r == 0)
		r = signers_tell(
		    &m->signers, w->token, w->conf, m->conf->parsed.muni, a, &root, &jws, err);
	if (r)
		return err_trace(err, r, "keys");
	seal_answer_begin(out, 0);
	buf_put(out, root.b, KEY_POINT_BYTES);
	buf_field32(out, jws, strlen(jws));
	return 0;
}

/* What decides in our configuration; docs/PROTOCOL.md section 10. */
static int
about_make(const struct seal_worker *w, const struct seal_muni *m, uint8_t ret[SEAL_CONF_BYTES],
    struct err *err)
{
	struct confdigest d;
	uint8_t pins[32], fonts[32];
	int r = confdigest_fonts(w->conf->fonts, m->conf->parsed.muni, fonts, err);
	if (r)
		return err_trace(err, r, "about");
	cert_pins_digest(w->pins, pins);
	confdigest_begin(&d, "KOFU-SEAL-CONF-1");
	confdigest_int(&d, "seal.overlap_s", w->conf->overlap_s);
	confdigest_text(&d, "jpki.policy", w->conf->policy);
	confdigest_hash(&d, "jpki.pins", pins);
	confdigest_hash(&d, "render.fonts", fonts);
	confdigest_hash(&d, "municipality.profile", m->conf->profile_sha256);
	return err_trace(err, confdigest_end(&d, ret, err), "about");
}

static int
answer_about(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	struct seal_muni *m = NULL;
	int r = muni_of(w, in, &m, err);
	if (r == 0 && !rd_done(in))
		r = err_raise(err, FAULT_BAD_INPUT, "about", 0);
	if (r == 0 && !m->has_about)
		r = about_make(w, m, m->about, err);
	if (r)
		return err_trace(err, r, "about");
	m->has_about = true;
	seal_answer_begin(out, 0);
	buf_field32(out, KOFU_BUILD, strlen(KOFU_BUILD));
	buf_put(out, m->about, sizeof(m->about));
	return 0;
}

/* The time is ours: who asks could date a head back. */
static int
answer_checkpoint(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(CHECKPOINT_ARENA_BYTES);
	struct seal_muni *m = NULL;
	struct key_signer signer;
	char hex[2 * SEAL_HEAD_BYTES + 1];
	char *jws = NULL;
	int r = muni_of(w, in, &m, err);
	if (r)
		return err_trace(err, r, "checkpoint");
	uint64_t seq = rd_u64(in);
	const uint8_t *head = rd_bytes(in, SEAL_HEAD_BYTES);
	if (!rd_done(in) || head == NULL || seq > INT64_MAX)
		return err_raise(err, FAULT_BAD_INPUT, "checkpoint", 0);
	text_hex_format(head, SEAL_HEAD_BYTES, hex);
	const char *text = arena_printf(a,
	    "{\"v\":1,\"muni\":\"%s\",\"seq\":%llu,\"head\":\"%s\",\"time_ms\":%lld}",
	    m->conf->parsed.muni.s, (unsigned long long)seq, hex, (long long)clock_now_ms());
	r = seal_worker_signer(w, m, NULL, 0, &signer, err);
	if (r == 0)
		r = jws_sign(a, &signer, "kofu-audit", text, strlen(text), &jws, err);
	if (r)
		return err_trace(err, r, "checkpoint");
	seal_answer_begin(out, 0);
	buf_field32(out, jws, strlen(jws));
	return 0;
}

static int
answer_papers(struct seal_worker *w, struct rd *in, struct buf *out, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(SEAL_WORKER_ARENA_BYTES);
	struct seal_ask q;
	struct seal_answer s;
	int r = seal_papers_decode(a, in->p + in->at, rd_left(in), &q, err);
	if (r == 0)
		r = papers_make(w, a, &q, clock_now_ms(), &s, err);
	if (r)
		return err_trace(err, r, "papers");
	buf_expect(out, s.manifest_bytes + s.papers_bytes + ANSWER_HEAD_BYTES);
	seal_answer_begin(out, 0);
	buf_field32(out, s.manifest, s.manifest_bytes);
	buf_field32(out, s.papers, s.papers_bytes);
	return 0;
}

void
seal_worker_answer(struct seal_worker *w, const struct buf *in, struct buf *out)
{
	struct err err = { 0 };
	struct rd body;
	enum seal_op op;
	int r = seal_request_open(in, &op, &body, &err);
	if (r == 0 && op == SEAL_OP_UNWRAP)
		r = answer_unwrap(w, &body, out, &err);
	else if (r == 0 && op == SEAL_OP_REWRAP)
		r = answer_rewrap(w, &body, out, &err);
	else if (r == 0 && op == SEAL_OP_WRAP)
		r = answer_wrap(w, &body, out, &err);
	else if (r == 0 && op == SEAL_OP_KEYS)
		r = answer_keys(w, &body, out, &err);
	else if (r == 0 && op == SEAL_OP_CHECKPOINT)
		r = answer_checkpoint(w, &body, out, &err);
	else if (r == 0 && op == SEAL_OP_ABOUT)
		r = answer_about(w, &body, out, &err);
	else if (r == 0)
		r = answer_papers(w, &body, out, &err);
	if (r == 0 && !buf_ok(out))
		r = err_raise(&err, FAULT_INTERNAL, "answer over its limit", 0);
	if (r < 0)
		log_fault("seal.failed", (struct txn_id){ 0 }, &err);
	else if (r > 0)
		LOG(LOG_LVL_ERR, "seal.refused", LOG_F("outcome", r));
	if (r == 0)
		return;
	buf_done(out);
	buf_init(out, SEAL_MAX_BYTES);
	seal_answer_begin(out, r);
}

static bool
peer_may_ask(const struct seal_conf *c, int fd)
{
	struct ucred peer = { 0 };
	socklen_t n = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || n != sizeof(peer))
		return false;
	return peer.uid == (c->uid < 0 ? getuid() : (uid_t)c->uid);
}

static void
serve_one(struct seal_worker *w, int fd)
{
	struct err err = { 0 };
	struct buf in, out;
	if (!peer_may_ask(w->conf, fd)) {
		LOG(LOG_LVL_ERR, "seal.peer-refused");
		return;
	}
	buf_init(&in, SEAL_MAX_BYTES);
	buf_init(&out, SEAL_MAX_BYTES);
	int r = frame_recv(fd, &in, SEAL_RECV_MS, &err);
	if (r == 0) {
		seal_worker_answer(w, &in, &out);
		r = frame_send(fd, out.p, out.bytes, SEAL_SEND_MS, &err);
	}
	if (r)
		log_fault("seal.connection", (struct txn_id){ 0 }, &err);
	buf_done(&in);
	buf_done(&out);
}

void
seal_worker_serve(struct seal_worker *w, int listening)
{
	for (;;) {
		AUTO_FD int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			serve_one(w, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}
