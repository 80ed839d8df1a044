/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/offer.h"
#include "base/text.h"
#include "domain/order.h"

#include <string.h>

static int
offer_text(const json_t *o, const char *key, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, OFFER_MAX_TEXT, &s, err);
	if (r == 0 && !text_is_clean_utf8(s, strlen(s)))
		r = err_raise(err, FAULT_BAD_INPUT, "text of an offer", 0);
	return err_trace(err, r, "offer");
}

static int
offer_options(const json_t *o, struct err *err)
{
	const json_t *list = NULL;
	unsigned seen = 0;
	int r = js_array(o, "options", 32, &list, err);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned bit = name ? order_option_find(name) : 0;
		if (bit == 0 || (seen & bit))
			r = err_raise(err, FAULT_BAD_INPUT, "option", (long)i);
		seen |= bit;
	}
	return err_trace(err, r, "offer");
}

static int
offer_kind(const json_t *o, unsigned *seen, struct err *err)
{
	static const char *const members[] = { "kind", "fee_yen", "options", "open", "hours",
		"max_copies?", NULL };
	const char *name = NULL;
	int64_t fee = 0, copies = 0;
	bool open = false;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "kind", 16, &name, err);
	if (r == 0)
		r = js_int(o, "fee_yen", 0, OFFER_MAX_FEE_YEN, &fee, err);
	if (r == 0 && json_object_get(o, "max_copies") != NULL)
		r = js_int(o, "max_copies", 1, ORDER_MAX_COPIES, &copies, err);
	if (r == 0)
		r = js_bool(o, "open", &open, err);
	if (r == 0)
		r = offer_text(o, "hours", err);
	if (r == 0)
		r = offer_options(o, err);
	if (r)
		return err_trace(err, r, "kind");
	unsigned bit = 1u << doc_kind_find(name);
	if (bit == 1 || (*seen & bit))
		return err_raise(err, FAULT_BAD_INPUT, "kind", 0);
	*seen |= bit;
	return 0;
}

static int
offer_check(const json_t *o, struct err *err)
{
	static const char *const members[] = { "kinds", "muni_name", "phone", "household", NULL };
	const json_t *list = NULL;
	const char *household = NULL;
	unsigned seen = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = offer_text(o, "muni_name", err);
	if (r == 0)
		r = offer_text(o, "phone", err);
	if (r == 0)
		r = js_text(o, "household", OFFER_MAX_HOUSEHOLD, &household, err);
	if (r == 0)
		r = js_array(o, "kinds", OFFER_MAX_KINDS, &list, err);
	if (r == 0 && json_array_size(list) == 0)
		r = err_raise(err, FAULT_BAD_INPUT, "nothing offered", 0);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = offer_kind(json_array_get(list, i), &seen, err);
	return err_trace(err, r, "offer");
}

int
offer_parse(const void *json, size_t bytes, json_t **ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	if (bytes > OFFER_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "offer over its limit", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = offer_check(o, err);
	if (r)
		return err_trace(err, r, "offer_parse");
	*ret = TAKE(o);
	return 0;
}
