/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/client.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "pki/jose.h"
#include "pki/key.h"
#include "server/seal/message.h"
#include "wire/frame.h"
#include <string.h>

/* PAPERS_REST_BYTES: what an order's request mostly has beside the papers. */
enum { SMALL_ASK_MS = 10000, SMALL_ANSWER_BYTES = 1024, PAPERS_REST_BYTES = 16384 };

/* Sends and receives; *out is positioned behind the result, which is returned. */
static int
seal_ask_frame(const char *path, const struct buf *in, struct buf *out, int timeout_ms,
    struct rd *ret, struct err *err)
{
	AUTO_FD int fd = -1;
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	if (timeout_ms <= 0)
		return err_raise(err, FAULT_TIMEOUT, "no time left to seal", 0);
	if (!buf_ok(in))
		return err_raise(err, FAULT_BAD_INPUT, "request over its limit", 0);
	int r = frame_connect(path, &fd, err);
	if (r == 0)
		r = frame_send(fd, in->p, in->bytes, timeout_ms, err);
	if (r)
		return err_trace(err, r, "kofu-seal");
	int64_t left_ms = until_ms - clock_mono_ms();
	if (left_ms <= 0)
		return err_raise(err, FAULT_TIMEOUT, "kofu-seal", 0);
	r = frame_recv(fd, out, (int)left_ms, err);
	if (r)
		return err_trace(err, r, "kofu-seal's answer");
	return seal_answer_open(out, ret, err);
}

static void
ask_begin(struct buf *b, size_t limit_bytes, enum seal_op op)
{
	buf_init(b, limit_bytes);
	seal_request_begin(b, op);
}

/* @in (freed) to @bytes of an answer. */
static int
small_ask(const char *socket_path, struct buf *in, uint8_t *ret, size_t bytes, struct err *err)
{
	struct buf out;
	struct rd body;
	buf_init(&out, SMALL_ANSWER_BYTES);
	int r = seal_ask_frame(socket_path, in, &out, SMALL_ASK_MS, &body, err);
	const uint8_t *p = r == 0 ? rd_bytes(&body, bytes) : NULL;
	if (p != NULL && rd_done(&body))
		memcpy(ret, p, bytes);
	else if (r == 0)
		r = err_raise(err, FAULT_INTERNAL, "answer", 0);
	buf_done(in);
	buf_done(&out);
	return r;
}

int
seal_unwrap(const char *socket_path, struct muni_code muni, const struct seal_key *k,
    uint8_t dek[SEAL_KEY_BYTES], struct err *err)
{
	struct buf in;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_UNWRAP);
	buf_put(&in, muni.s, 6);
	seal_key_put(&in, k);
	return small_ask(socket_path, &in, dek, SEAL_KEY_BYTES, err);
}

int
seal_rewrap(const char *socket_path, struct muni_code muni, struct seal_key *k, struct err *err)
{
	struct buf in;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_REWRAP);
	buf_put(&in, muni.s, 6);
	seal_key_put(&in, k);
	return small_ask(socket_path, &in, k->wrapped, SEAL_WRAPPED_BYTES, err);
}

int
seal_wrap(const char *socket_path, struct muni_code muni, const uint8_t dek[SEAL_KEY_BYTES],
    struct seal_key *k, struct err *err)
{
	struct buf in;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_WRAP);
	buf_put(&in, muni.s, 6);
	buf_u8(&in, k->use);
	buf_u16(&in, k->generation);
	buf_field32(&in, dek, dek != NULL ? SEAL_KEY_BYTES : 0);
	return small_ask(socket_path, &in, k->wrapped, SEAL_WRAPPED_BYTES, err);
}

int
seal_keys(const char *socket_path, struct muni_code muni, struct keydir *ret, struct err *err)
{
	struct buf in, out;
	struct rd body;
	struct key_point root;
	size_t n = 0;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_KEYS);
	buf_init(&out, KEYDIR_MAX_BYTES + SMALL_ANSWER_BYTES);
	buf_put(&in, muni.s, 6);
	int r = seal_ask_frame(socket_path, &in, &out, SMALL_ASK_MS, &body, err);
	const uint8_t *p = r == 0 ? rd_bytes(&body, KEY_POINT_BYTES) : NULL;
	const uint8_t *jws = p != NULL ? rd_field32(&body, &n) : NULL;
	if (jws != NULL && rd_done(&body)) {
		memcpy(root.b, p, KEY_POINT_BYTES);
		r = keydir_parse(&root, muni, (const char *)jws, n, ret, err);
	} else if (r == 0) {
		r = err_raise(err, FAULT_INTERNAL, "answer", 0);
	}
	buf_done(&in);
	buf_done(&out);
	return r;
}

int
seal_checkpoint(const char *socket_path, struct arena *a, struct muni_code muni, int64_t seq,
    const uint8_t head[SEAL_HEAD_BYTES], const char **ret, struct err *err)
{
	struct buf in, out;
	struct rd body;
	size_t n = 0;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_CHECKPOINT);
	buf_init(&out, SEAL_CHECKPOINT_MAX_BYTES + SMALL_ANSWER_BYTES);
	buf_put(&in, muni.s, 6);
	buf_u64(&in, (uint64_t)seq);
	buf_put(&in, head, SEAL_HEAD_BYTES);
	int r = seal_ask_frame(socket_path, &in, &out, SMALL_ASK_MS, &body, err);
	const uint8_t *p = r == 0 ? rd_field32(&body, &n) : NULL;
	if (p != NULL && rd_done(&body))
		*ret = arena_strndup(a, (const char *)p, n);
	else if (r == 0)
		r = err_raise(err, FAULT_INTERNAL, "answer", 0);
	buf_done(&in);
	buf_done(&out);
	return r;
}

int
seal_about(const char *socket_path, struct muni_code muni, char build[SEAL_BUILD_MAX + 1],
    uint8_t conf[SEAL_CONF_BYTES], struct err *err)
{
	struct buf in, out;
	struct rd body;
	size_t n = 0;
	ask_begin(&in, SMALL_ANSWER_BYTES, SEAL_OP_ABOUT);
	buf_init(&out, SMALL_ANSWER_BYTES);
	buf_put(&in, muni.s, 6);
	int r = seal_ask_frame(socket_path, &in, &out, SMALL_ASK_MS, &body, err);
	const uint8_t *p = r == 0 ? rd_field32(&body, &n) : NULL;
	const uint8_t *digest = p != NULL ? rd_bytes(&body, SEAL_CONF_BYTES) : NULL;
	if (digest != NULL && rd_done(&body) && n >= 1 && n <= SEAL_BUILD_MAX &&
	    memchr(p, '\0', n) == NULL) {
		memcpy(build, p, n);
		build[n] = '\0';
		memcpy(conf, digest, SEAL_CONF_BYTES);
	} else if (r == 0) {
		r = err_raise(err, FAULT_INTERNAL, "answer", 0);
	}
	buf_done(&in);
	buf_done(&out);
	return r;
}

int
seal_papers(const char *socket_path, struct arena *a, const struct seal_ask *q, int timeout_ms,
    struct seal_answer *ret, struct err *err)
{
	struct buf in, out;
	struct rd body;
	ask_begin(&in, SEAL_MAX_BYTES, SEAL_OP_PAPERS);
	buf_init(&out, SEAL_MAX_BYTES);
	buf_expect(&in, q->rendered_bytes + PAPERS_REST_BYTES);
	seal_papers_encode(q, &in);
	int r = seal_ask_frame(socket_path, &in, &out, timeout_ms, &body, err);
	if (r == 0) {
		struct seal_answer s = { 0 };
		const char *manifest = (const char *)rd_field32(&body, &s.manifest_bytes);
		const uint8_t *papers = rd_field32(&body, &s.papers_bytes);
		if (rd_done(&body) && s.manifest_bytes > 0 &&
		    jwe_text_bytes(papers, s.papers_bytes) > 0) {
			s.manifest = arena_strndup(a, manifest, s.manifest_bytes);
			s.papers = arena_memdup(a, papers, s.papers_bytes);
			*ret = s;
		} else {
			r = err_raise(err, FAULT_INTERNAL, "answer", 0);
		}
	}
	buf_done(&in);
	buf_done(&out);
	return r;
}
