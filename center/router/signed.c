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

static bool
reason_is_known(const char *reason)
{
	static const char *const reasons[] = { "", "jam", "power", "cancelled", "unknown" };
	for (size_t i = 0; i < N_ELEMENTS(reasons); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return true;
	return false;
}

static int
outcome_end(const char *state, const char *reason, enum paper_end *ret, struct err *err)
{
	if (strcmp(state, "printed") == 0 && reason[0] == '\0')
		*ret = PAPER_PRINTED;
	else if (strcmp(state, "void") == 0 && reason_is_known(reason))
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

static int
outcome_copies(struct outcome *x, const json_t *o, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "copies", ORDER_MAX_COPIES, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = outcome_copy(x, json_array_get(list, i), err);
	if (r == 0 && x->n_copies == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "no copy", 0);
	return err_trace(err, r, "copies");
}

static int
outcome_all(struct outcome *x, const json_t *o, struct err *err)
{
	const char *reason = NULL;
	int r = js_text(o, "all", sizeof(x->all_reason) - 1, &reason, err);
	if (r == 0 && (reason[0] == '\0' || !reason_is_known(reason)))
		r = err_raise(err, FAULT_BAD_INPUT, "reason", 0);
	if (r)
		return err_trace(err, r, "all");
	x->all = true;
	memcpy(x->all_reason, reason, strlen(reason) + 1);
	return 0;
}

int
outcome_parse(const void *json, size_t bytes, struct outcome *ret, struct err *err)
{
	static const char *const members[] = { "v", "order", "copies?", "all?", "time_ms", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct outcome x = { .n_copies = 0 };
	int r = signed_read(json, bytes, members, &o, err);
	if (r == 0)
		r = js_hex(o, "order", x.order.b, ORDER_ID_BYTES, err);
	if (r == 0)
		r = js_int(o, "time_ms", 0, INT64_MAX, &x.at_ms, err);
	if (r == 0 && (json_object_get(o, "all") == NULL) == (json_object_get(o, "copies") == NULL))
		r = err_raise(err, FAULT_BAD_INPUT, "copies or all", 0);
	if (r == 0 && json_object_get(o, "all") != NULL)
		r = outcome_all(&x, o, err);
	else if (r == 0)
		r = outcome_copies(&x, o, err);
	if (r)
		return err_trace(err, r, "outcome_parse");
	*ret = x;
	return 0;
}
