/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/ask.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static const char bearer[] = "Bearer ";
static const char open_bucket[] = "open";

const struct http_outcome ask_outcomes[] = {
	{ LOAD_E_NO_PICTURE, 422, "no-picture" },
	{ LOAD_E_TOO_MANY_PIXELS, 413, "too-many-pixels" },
	{ LOAD_E_TOO_MANY_PAGES, 413, "too-many-pages" },
	{ LOAD_E_TOO_LARGE, 413, "too-large" },
	{ DECODER_E_BUSY, 503, "busy" },
	{ DECODER_E_DIED, 422, "no-picture" },
	{ ASK_E_KEY_MISSING, 401, "key-missing" },
	{ ASK_E_KEY_REFUSED, 401, "key-refused" },
	{ ASK_E_TOO_OFTEN, 429, "too-often" },
	{ ASK_E_IDEM_USED, 409, "idempotency-key-used" },
	{ ASK_E_TOO_MANY_FILES, 400, "bad-input" },
	{ 0, 0, NULL },
};

const char *
ask_problem(int r, unsigned *ret_status)
{
	for (const struct http_outcome *o = ask_outcomes; o->outcome != 0; o++)
		if (o->outcome == r) {
			*ret_status = o->status;
			return o->code;
		}
	*ret_status = r == FAULT_UNAVAILABLE || r == FAULT_TIMEOUT ? 503 : 500;
	return *ret_status == 503 ? "unavailable" : "internal";
}

static void
add_header(struct http_res *res, const char *name, const char *value)
{
	for (size_t i = 0; i < N_ELEMENTS(res->header_name); i++)
		if (res->header_name[i] == NULL) {
			res->header_name[i] = name;
			res->header_value[i] = value;
			return;
		}
}

static int
take_turns(struct site *s, struct http_req *req, struct http_res *res, const char *who,
    unsigned per_minute, unsigned n)
{
	unsigned wait_s = 0;
	if (limit_take(&s->limit, who, per_minute, n, clock_mono_ms(), &wait_s))
		return 0;
	add_header(res, "Retry-After", arena_printf(req->arena, "%u", wait_s));
	return ASK_E_TOO_OFTEN;
}

/* Who asks: a bank by its key (*ret_id), or anybody ("" in it). */
static int
admit(struct site *s, struct http_req *req, struct http_res *res, bool need_key, unsigned n,
    struct apikey *ret, struct err *err)
{
	const char *given = http_req_header(req, "Authorization");
	unsigned per_minute = 0;
	if (given == NULL && (need_key || !s->conf->open)) {
		add_header(res, "WWW-Authenticate", "Bearer");
		return ASK_E_KEY_MISSING;
	}
	if (given == NULL)
		return take_turns(s, req, res, open_bucket, (unsigned)s->conf->open_per_minute, n);
	int r = RECORD_E_NO_KEY;
	if (strncmp(given, bearer, sizeof(bearer) - 1) == 0 &&
	    apikey_parse(given + sizeof(bearer) - 1, ret))
		r = desk_key_check(s->desk, ret, &per_minute, err);
	if (r == 0)
		return take_turns(s, req, res, ret->id, per_minute, n);
	ret->id[0] = '\0';
	if (r != RECORD_E_NO_KEY)
		return err_trace(err, r, "admit");
	/* Whoever tries keys uses up what is there for anybody. */
	r = take_turns(s, req, res, open_bucket, (unsigned)s->conf->open_per_minute, 1);
	add_header(res, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	return r ? r : ASK_E_KEY_REFUSED;
}

static int
read_parts(struct http_req *req, bool batch, struct ask *q, struct err *err)
{
	struct multipart m;
	int r = multipart_parse(
	    http_req_header(req, "Content-Type"), req->body, req->body_bytes, &m, err);
	if (r)
		return err_trace(err, r, "parts");
	if (m.n_files == 0)
		return err_raise(err, FAULT_BAD_INPUT, "no file", 0);
	if (!batch && m.n_files > DECODER_MAX_FILES)
		return ASK_E_TOO_MANY_FILES;
	for (unsigned i = 0; i < m.n_files; i++) {
		if (m.file[i].bytes > LOAD_MAX_FILE_BYTES)
			return LOAD_E_TOO_LARGE;
		q->files[q->n_files++] = (struct decoder_file){ m.file[i].p, m.file[i].bytes };
	}
	for (unsigned i = 0; i < m.n_codes; i++) {
		q->behind[i] = m.code[i].behind;
		q->codes[q->n_codes++] = arena_strndup(req->arena, m.code[i].p, m.code[i].bytes);
	}
	return 0;
}

/* What was asked, whatever boundary a client chose this time. */
static void
digest_of(const struct ask *q, uint8_t out[SHA256_BYTES])
{
	uint8_t parts[2 * MULTIPART_MAX_FILES + 1][SHA256_BYTES] = { 0 };
	unsigned n = 1;
	parts[0][0] = q->batch;
	parts[0][1] = q->pictures;
	parts[0][2] = q->report;
	parts[0][3] = (uint8_t)q->n_files;
	parts[0][4] = q->opened;
	for (unsigned i = 0; i < q->n_files; i++)
		sha256(q->files[i].p, q->files[i].bytes, parts[n++]);
	for (unsigned i = 0; i < q->n_codes; i++) {
		sha256(q->codes[i], strlen(q->codes[i]), parts[n]);
		parts[n++][0] = (uint8_t)q->behind[i];
	}
	sha256(parts, (size_t)n * SHA256_BYTES, out);
}

/*
 * One request sent twice is one inquiry. Of what was asked only an HMAC under
 * the Idempotency-Key is kept, of that key only its hash: neither tells anything
 * of a paper, nor could a paper be recognised by them.
 */
static int
claim(
    struct site *s, struct http_req *req, const struct apikey *key, struct ask *q, struct err *err)
{
	struct record_request r = { .key_id = key->id, .at_ms = q->at_ms };
	uint8_t asked[SHA256_BYTES];
	const char *idem = http_req_header(req, "Idempotency-Key");
	if (idem == NULL)
		return 0;
	size_t n = strlen(idem);
	if (n == 0 || n > ASK_MAX_IDEM_CHARS)
		return err_raise(err, FAULT_BAD_INPUT, "Idempotency-Key", (long)n);
	if (key->id[0] == '\0')
		return ASK_E_KEY_MISSING;
	digest_of(q, asked);
	hmac_sha256(idem, n, asked, sizeof(asked), r.asked);
	sha256(idem, n, r.idem);
	(void)snprintf(r.id, sizeof(r.id), "%s", q->id);
	int x = desk_request_claim(s->desk, &r, err);
	if (x == RECORD_E_OTHER_REQUEST)
		return ASK_E_IDEM_USED;
	if (x)
		return err_trace(err, x, "claim");
	(void)snprintf(q->id, sizeof(q->id), "%s", r.id);
	q->at_ms = r.at_ms;
	return 0;
}

static bool
query_is(struct http_req *req, const char *name, const char *value)
{
	const char *v = http_req_query(req, name);
	return v != NULL && strcmp(v, value) == 0;
}

int
ask_read(struct http_req *req, struct http_res *res, bool batch, struct ask *ret, struct err *err)
{
	struct site *s = req->app;
	struct apikey key = { .id = "" };
	struct ask q = { .site = s, .txn = req->txn, .batch = batch, .at_ms = clock_now_ms() };
	q.pictures = batch ? query_is(req, "pictures", "yes") : !query_is(req, "pictures", "no");
	q.report = query_is(req, "report", "yes");
	q.opened = query_is(req, "opened", "yes");
	desk_new_id(q.id);
	int r = read_parts(req, batch, &q, err);
	if (r < 0)
		return err_trace(err, r, "ask");
	/* A refused one costs as much as another: it was read all the same. */
	int admitted = admit(s, req, res, batch, batch ? q.n_files : 1, &key, err);
	if (admitted)
		return err_trace(err, admitted, "ask");
	if (r == 0)
		r = claim(s, req, &key, &q, err);
	if (r)
		return err_trace(err, r, "ask");
	*ret = q;
	return 0;
}

struct desk_ask
ask_desk(const struct ask *q, struct arena *a, unsigned i)
{
	struct desk_ask d = { .files = q->files,
		.n_files = q->n_files,
		.codes = q->codes,
		.n_codes = q->n_codes,
		.pictures = q->pictures,
		.report = q->report,
		.opened = q->opened,
		.id = q->id,
		.at_ms = q->at_ms,
		.wait_ms = ASK_WAIT_MS };
	if (!q->batch)
		return d;
	const char **codes = arena_zero_n(a, MULTIPART_MAX_CODES, sizeof(*codes));
	d.files = &q->files[i];
	d.n_files = 1;
	d.codes = codes;
	d.n_codes = 0;
	for (unsigned k = 0; k < q->n_codes; k++)
		if (q->behind[k] == i + 1)
			codes[d.n_codes++] = q->codes[k];
	/* Fixed width, so that the numbers of a batch sort as its papers. */
	d.id = arena_printf(a, "%s.%02u", q->id, i + 1);
	d.wait_ms = ASK_BATCH_WAIT_MS;
	return d;
}
