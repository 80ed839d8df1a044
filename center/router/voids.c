/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/voids.h"
#include "base/clock.h"
#include "center/router/outcome.h"
#include "center/router/router.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <string.h>

const struct http_outcome voids_outcomes[] = {
	{ VOIDS_E_FOREIGN, 403, "not-yours" },
	{ VOIDS_E_FULL, 503, "too-many" },
	{ ROUTER_E_NO_SUCH_MUNI, 404, "not-found" },
	{ ROUTER_E_BUSY, 503, "busy" },
	{ 0 },
};

static bool
is_number_of(const char *s, struct muni_code muni)
{
	size_t n = strlen(muni.s);
	return s != NULL && strlen(s) <= MANIFEST_MAX_NUMBER && manifest_is_number(s) &&
	    strncmp(s, muni.s, n) == 0 && s[n] == '-';
}

int
voids_parse(struct arena *a, const void *json, size_t bytes, struct voids *ret, struct err *err)
{
	static const char *const members[] = { "muni", "numbers", NULL };
	AUTO(json_t) json_t *o = NULL;
	const json_t *list = NULL;
	const char *muni = NULL;
	struct voids v = { .n = 0 };
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r == 0 && !muni_parse(muni, strlen(muni), &v.muni))
		r = err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	if (r == 0)
		r = js_array(o, "numbers", VOIDS_MAX, &list, err);
	if (r == 0 && json_array_size(list) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no number", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const char *number = json_string_value(json_array_get(list, i));
		if (!is_number_of(number, v.muni))
			r = err_raise(err, FAULT_BAD_INPUT, "number", (long)i);
		else
			v.numbers[v.n++] = arena_strdup(a, number);
	}
	if (r)
		return err_trace(err, r, "voids");
	*ret = v;
	return 0;
}

int
voids_told(struct http_req *req, struct http_res *res, struct err *err)
{
	struct router *x = req->app;
	struct voids v = { .n = 0 };
	int r = voids_parse(req->arena, req->body, req->body_bytes, &v, err);
	if (r)
		return err_trace(err, r, "voids");
	struct router_muni *m = router_muni_find(x, v.muni.s);
	if (m == NULL)
		return ROUTER_E_NO_SUCH_MUNI;
	if (!router_node_may_tell(x, m, req->peer.name))
		return VOIDS_E_FOREIGN;
	for (size_t i = 0; r == 0 && i < v.n; i++)
		r = store_void(x->store, v.muni, v.numbers[i], VOIDS_A_MUNI, clock_now_ms(), err);
	if (r == STORE_E_FULL)
		r = VOIDS_E_FULL;
	LOG(LOG_LVL_NOTICE, "voids", LOG_F("txn", req->txn), LOG_F("muni", v.muni),
	    LOG_F("numbers", (long)v.n), LOG_F("outcome", r));
	if (r)
		return err_trace(err, r, "voids");
	res->body = arena_printf(req->arena, "{\"void\":%zu}", v.n);
	res->body_bytes = strlen(res->body);
	return 0;
}
