/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/signed.h"
#include "wire/js.h"

#include <string.h>

static int
signed_read(
    const void *json, size_t bytes, const char *const *members, json_t **ret, struct err *err)
{
	int64_t v = 0;
	if (bytes > SIGNED_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "payload over its limit", (long)bytes);
	int r = js_parse(json, bytes, ret, err);
	if (r == 0)
		r = js_members(*ret, members, err);
	if (r == 0)
		r = js_int(*ret, "v", 1, 1, &v, err);
	return err_trace(err, r, "signed_read");
}

int
release_parse(const void *json, size_t bytes, struct release *ret, struct err *err)
{
	static const char *const members[] = { "v", "order", "manifest_sha256", "time_ms", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct release x = { .at_ms = 0 };
	int r = signed_read(json, bytes, members, &o, err);
	if (r == 0)
		r = js_hex(o, "order", x.order.b, ORDER_ID_BYTES, err);
	if (r == 0)
		r = js_hex(o, "manifest_sha256", x.manifest_hash, sizeof(x.manifest_hash), err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, INT64_MAX, &x.at_ms, err);
	if (r)
		return err_trace(err, r, "release_parse");
	*ret = x;
	return 0;
}

static int
outcome_end(const char *state, const char *reason, enum paper_end *ret, struct err *err)
{
	static const char *const reasons[] = { "", "jam", "power", "cancelled", "unknown" };
	bool known = false;
	for (size_t i = 0; i < N_ELEMENTS(reasons); i++)
		known = known || strcmp(reason, reasons[i]) == 0;
	if (strcmp(state, "printed") == 0 && reason[0] == '\0')
		*ret = PAPER_PRINTED;
	else if (strcmp(state, "void") == 0 && known)
		*ret = PAPER_VOID;
	else
		return err_raise(err, FAULT_BAD_INPUT, "state or reason", 0);
	return 0;
}

static int
outcome_copy(struct outcome *x, const json_t *o, struct err *err)
{
	static const char *const members[] = { "number", "state", "reason", NULL };
	const char *number = NULL;
	const char *state = NULL;
	const char *reason = NULL;
	unsigned at = x->n_copies;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "number", MANIFEST_MAX_NUMBER, &number, err);
	if (r == 0)
		r = js_text(o, "state", 8, &state, err);
	if (r == 0)
		r = js_text(o, "reason", sizeof(x->copies[0].reason) - 1, &reason, err);
	if (r == 0)
		r = outcome_end(state, reason, &x->copies[at].end, err);
	if (r)
		return err_trace(err, r, "copy");
	for (unsigned i = 0; i < at; i++)
		if (strcmp(x->copies[i].number, number) == 0)
			return err_raise(err, FAULT_BAD_INPUT, "number twice", at);
	memcpy(x->copies[at].number, number, strlen(number) + 1);
	memcpy(x->copies[at].reason, reason, strlen(reason) + 1);
	x->n_copies++;
	return 0;
}

int
outcome_parse(const void *json, size_t bytes, struct outcome *ret, struct err *err)
{
	static const char *const members[] = { "v", "order", "copies", "time_ms", NULL };
	AUTO(json_t) json_t *o = NULL;
	const json_t *list = NULL;
	struct outcome x = { .n_copies = 0 };
	int r = signed_read(json, bytes, members, &o, err);
	if (r == 0)
		r = js_hex(o, "order", x.order.b, ORDER_ID_BYTES, err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, INT64_MAX, &x.at_ms, err);
	if (r == 0)
		r = js_array(o, "copies", ORDER_MAX_COPIES, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = outcome_copy(&x, json_array_get(list, i), err);
	if (r == 0 && x.n_copies == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no copy", 0);
	if (r)
		return err_trace(err, r, "outcome_parse");
	*ret = x;
	return 0;
}
