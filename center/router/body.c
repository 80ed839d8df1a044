/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/body.h"

int
body_parse(const struct http_req *req, const char *const *members, json_t **ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	int r = js_parse(req->body, req->body_bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r)
		return err_trace(err, r, "body");
	*ret = TAKE(o);
	return 0;
}

int
body_format(struct arena *a, const json_t *o, size_t limit_bytes, const char **ret,
    size_t *ret_bytes, struct err *err)
{
	struct buf b;
	buf_init(&b, limit_bytes);
	int r = js_format(o, &b, err);
	if (r == 0) {
		*ret = arena_memdup(a, b.p, b.bytes);
		*ret_bytes = b.bytes;
	}
	buf_done(&b);
	return err_trace(err, r, "body");
}

int
body_take(struct arena *a, struct buf *b, const char **ret, size_t *ret_bytes, struct err *err)
{
	int r = 0;
	if (buf_ok(b)) {
		*ret = arena_memdup(a, b->p, b->bytes);
		*ret_bytes = b->bytes;
	} else {
		r = err_raise(err, FAULT_INTERNAL, "body does not fit", (long)b->limit_bytes);
	}
	buf_done(b);
	return r;
}

int
body_part(struct arena *a, const json_t *o, const char *key, size_t max, struct session_part *ret,
    struct err *err)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int r = js_b64url(a, o, key, max, &p, &n, err);
	if (r)
		return err_trace(err, r, "body");
	*ret = (struct session_part){ p, n };
	return 0;
}
