/* SPDX-License-Identifier: Apache-2.0 */
#include "center/directory/directory.h"
#include "base/text.h"
#include "center/router/body.h"
#include "center/router/outcome.h"
#include "center/router/router.h"
#include "domain/muni.h"

#include <string.h>

const struct http_outcome directory_outcomes[] = {
	{ STORE_E_GAP, 409, "gap" },
	{ DIRECTORY_E_FOREIGN, 403, "not-yours" },
	{ ROUTER_E_NO_SUCH_MUNI, 404, "not-found" },
	{ ROUTER_E_BUSY, 503, "busy" },
	{ 0 },
};

static int
change_serial(const json_t *o, struct directory_change *ret, struct err *err)
{
	const char *hex = NULL;
	uint8_t b[CERT_MAX_SERIAL];
	int r = js_text(o, "serial", (size_t)2 * CERT_MAX_SERIAL, &hex, err);
	if (r)
		return err_trace(err, r, "serial");
	size_t n = strlen(hex) / 2;
	if (n == 0 || !text_hex_parse(hex, strlen(hex), b, n))
		return err_raise(err, FAULT_BAD_INPUT, "serial", (long)n);
	/* As certificates have it: 00 in front says only that the number is positive. */
	size_t zeros = 0;
	while (zeros + 1 < n && b[zeros] == 0)
		zeros++;
	ret->serial_bytes = n - zeros;
	memcpy(ret->serial, b + zeros, ret->serial_bytes);
	return 0;
}

static int
change_parse(const json_t *o, struct directory_change *ret, struct err *err)
{
	static const char *const members[] = { "issuer", "serial", "state", NULL };
	const char *state = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_hex(o, "issuer", ret->issuer, sizeof(ret->issuer), err);
	if (r == 0)
		r = change_serial(o, ret, err);
	if (r == 0)
		r = js_text(o, "state", 8, &state, err);
	if (r)
		return err_trace(err, r, "change");
	ret->claim = strcmp(state, "claim") == 0;
	if (!ret->claim && strcmp(state, "release") != 0)
		return err_raise(err, FAULT_BAD_INPUT, "state", 0);
	return 0;
}

int
directory_parse(
    struct arena *a, const void *json, size_t bytes, struct directory_push *ret, struct err *err)
{
	static const char *const members[] = { "muni", "seq", "changes", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct directory_push p = { .n = 0 };
	const json_t *list = NULL;
	const char *muni = NULL;
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && !muni_parse(muni, strlen(muni), &p.muni))
		r = err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	if (r == 0)
		r = js_int(o, "seq", 1, INT64_MAX - 1, &p.seq, err);
	if (r == 0)
		r = js_array(o, "changes", DIRECTORY_MAX_CHANGES, &list, err);
	if (r)
		return err_trace(err, r, "directory");
	p.n = json_array_size(list);
	p.changes = arena_zero_n(a, p.n, sizeof(*p.changes));
	for (size_t i = 0; r == 0 && i < p.n; i++)
		r = change_parse(json_array_get(list, i), &p.changes[i], err);
	if (r)
		return err_trace(err, r, "directory");
	*ret = p;
	return 0;
}

static int
directory_answer(
    struct http_req *req, int64_t seq, const char **ret, size_t *ret_bytes, struct err *err)
{
	AUTO(json_t) json_t *o = json_object();
	js_put_int(o, "seq", seq);
	return body_format(req->arena, o, 64, ret, ret_bytes, err);
}

int
directory_push(struct http_req *req, struct http_res *res, struct err *err)
{
	struct router *x = req->app;
	struct directory_push p = { .n = 0 };
	int64_t seq = 0;
	const char *text = NULL;
	size_t n = 0;
	int r = directory_parse(req->arena, req->body, req->body_bytes, &p, err);
	if (r)
		return err_trace(err, r, "directory");
	struct router_muni *m = router_muni_find(x, p.muni.s);
	if (m == NULL)
		return ROUTER_E_NO_SUCH_MUNI;
	if (!router_node_may_tell(x, m, req->peer.name))
		return DIRECTORY_E_FOREIGN;
	r = store_directory(x->store, p.muni, p.seq, p.changes, p.n, &seq, err);
	LOG(LOG_LVL_INFO, "directory", LOG_F("txn", req->txn), LOG_F("muni", p.muni),
	    LOG_F("seq", (long)p.seq), LOG_F("changes", (long)p.n), LOG_F("outcome", r));
	if (r != 0 && r != STORE_E_GAP)
		return err_trace(err, r, "directory");
	/* A repeated push is answered as it was the first time. */
	int e = directory_answer(req, r == 0 ? p.seq : seq, &text, &n, err);
	if (e)
		return err_trace(err, e, "directory");
	if (r == STORE_E_GAP)
		res->detail_json = arena_strndup(req->arena, text, n);
	else {
		res->body = text;
		res->body_bytes = n;
	}
	return r;
}
