/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/order.h"
#include "base/text.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <string.h>

enum { ORDER_VERSION = 1 };

static const char *const kind_names[] = {
	[DOC_JUMINHYO] = "juminhyo", [DOC_INKAN] = "inkan", [DOC_KISAI] = "kisai"
};
static const char *const kind_titles[] = { [DOC_JUMINHYO] = "住民票の写し",
	[DOC_INKAN] = "印鑑登録証明書",
	[DOC_KISAI] = "住民票記載事項証明書" };
static const char *const scope_names[] = {
	[ORDER_SELF] = "self", [ORDER_HOUSEHOLD] = "household", [ORDER_PART] = "part"
};
static const char *const option_names[] = { "setainushi", "honseki", "kojin_no", "jumin_code",
	"kokuseki", "zairyu" };

const char *
doc_kind_name(enum doc_kind k)
{
	return (unsigned)k < N_ELEMENTS(kind_names) ? kind_names[k] : NULL;
}

const char *
doc_kind_title(enum doc_kind k)
{
	return (unsigned)k < N_ELEMENTS(kind_titles) ? kind_titles[k] : NULL;
}

bool
doc_kind_is_record(enum doc_kind k)
{
	return k == DOC_JUMINHYO || k == DOC_KISAI;
}

/* Index of a name in a list with holes, 0 when it is not there. */
static unsigned
name_find(const char *const *names, size_t n, const char *name)
{
	for (unsigned i = 1; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

enum doc_kind
doc_kind_find(const char *name)
{
	return (enum doc_kind)name_find(kind_names, N_ELEMENTS(kind_names), name);
}

const char *
order_option_name(unsigned bit)
{
	for (unsigned i = 0; i < N_ELEMENTS(option_names); i++)
		if (bit == 1u << i)
			return option_names[i];
	return NULL;
}

unsigned
order_option_find(const char *name)
{
	for (unsigned i = 0; i < N_ELEMENTS(option_names); i++)
		if (strcmp(name, option_names[i]) == 0)
			return 1u << i;
	return 0;
}

static int
parse_options(const json_t *o, struct order *ret, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "options", N_ELEMENTS(option_names), &list, err);
	if (r)
		return err_trace(err, r, "options");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned bit = name ? order_option_find(name) : 0;
		if (bit == 0 || (ret->options & bit))
			return err_raise(err, FAULT_BAD_INPUT, "option", (long)i);
		ret->options |= bit;
	}
	return 0;
}

static int
parse_persons(const json_t *o, struct order *ret, struct err *err)
{
	const json_t *list = NULL;
	if (ret->scope != ORDER_PART) {
		if (json_object_get(o, "persons") != NULL)
			return err_raise(err, FAULT_BAD_INPUT, "persons without part", 0);
		return 0;
	}
	int r = js_array(o, "persons", ORDER_MAX_PERSONS, &list, err);
	if (r)
		return err_trace(err, r, "persons");
	ret->n_persons = (unsigned)json_array_size(list);
	if (ret->n_persons == 0)
		return err_raise(err, FAULT_BAD_INPUT, "no person", 0);
	for (unsigned i = 0; i < ret->n_persons; i++) {
		const char *hex = json_string_value(json_array_get(list, i));
		if (hex == NULL ||
		    !text_hex_parse(hex, strlen(hex), ret->persons[i].b, PERSON_REF_BYTES))
			return err_raise(err, FAULT_BAD_INPUT, "person", (long)i);
		for (unsigned j = 0; j < i; j++)
			if (memcmp(ret->persons[i].b, ret->persons[j].b, PERSON_REF_BYTES) == 0)
				return err_raise(err, FAULT_BAD_INPUT, "person twice", (long)i);
	}
	return 0;
}

static int
parse_keys(const json_t *o, struct order *ret, struct err *err)
{
	const json_t *list = NULL;
	if (json_object_get(o, "keys") == NULL)
		return 0;
	int r = js_array(o, "keys", ORDER_MAX_KEYS, &list, err);
	if (r)
		return err_trace(err, r, "keys");
	ret->n_keys = (unsigned)json_array_size(list);
	if (ret->n_keys == 0)
		return err_raise(err, FAULT_BAD_INPUT, "no key", 0);
	for (unsigned i = 0; i < ret->n_keys; i++) {
		const char *hex = json_string_value(json_array_get(list, i));
		if (hex == NULL || !text_hex_parse(hex, strlen(hex), ret->keys[i].b, KEY_ID_BYTES))
			return err_raise(err, FAULT_BAD_INPUT, "key", (long)i);
		for (unsigned j = 0; j < i; j++)
			if (memcmp(ret->keys[i].b, ret->keys[j].b, KEY_ID_BYTES) == 0)
				return err_raise(err, FAULT_BAD_INPUT, "key twice", (long)i);
	}
	return 0;
}

static int
parse_what(const json_t *o, struct order *ret, struct err *err)
{
	const char *kind = NULL;
	const char *scope = NULL;
	const char *muni = NULL;
	int r = js_text(o, "kind", 16, &kind, err);
	if (r == 0)
		r = js_text(o, "scope", 16, &scope, err);
	if (r == 0)
		r = js_text(o, "muni", 6, &muni, err);
	if (r)
		return err_trace(err, r, "order");
	ret->kind = doc_kind_find(kind);
	ret->scope = (enum order_scope)name_find(scope_names, N_ELEMENTS(scope_names), scope);
	if (ret->kind == 0 || ret->scope == 0)
		return err_raise(err, FAULT_BAD_INPUT, "kind or scope", 0);
	if (!muni_parse(muni, strlen(muni), &ret->muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	return 0;
}

static int
parse_order(const json_t *o, struct order *ret, struct err *err)
{
	static const char *const members[] = { "v", "id", "th", "muni", "kind", "scope", "persons?",
		"options", "copies", "fee_yen", "keys?", "time_ms", NULL };
	int64_t number = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_int(o, "v", ORDER_VERSION, ORDER_VERSION, &number, err);
	if (r == 0)
		r = js_hex(o, "id", ret->id.b, ORDER_ID_BYTES, err);
	if (r == 0)
		r = js_hex(o, "th", ret->transcript, sizeof(ret->transcript), err);
	if (r == 0)
		r = parse_what(o, ret, err);
	if (r == 0)
		r = parse_persons(o, ret, err);
	if (r == 0)
		r = parse_options(o, ret, err);
	if (r == 0)
		r = parse_keys(o, ret, err);
	if (r == 0)
		r = js_int(o, "copies", 1, ORDER_MAX_COPIES, &number, err);
	if (r == 0) {
		ret->copies = (unsigned)number;
		r = js_int(o, "fee_yen", 0, ORDER_MAX_FEE_YEN, &number, err);
	}
	if (r == 0) {
		ret->fee_yen = (unsigned)number;
		r = js_int(o, "time_ms", 0, INT64_MAX, &ret->at_ms, err);
	}
	if (r)
		return err_trace(err, r, "order");
	/* 印鑑登録証明書 is the person's own and has nothing to choose. */
	if (ret->kind == DOC_INKAN && (ret->scope != ORDER_SELF || ret->options != 0))
		return err_raise(err, FAULT_BAD_INPUT, "scope or options of inkan", 0);
	return 0;
}

int
order_parse(const void *json, size_t bytes, struct order *ret, struct err *err)
{
	AUTO(json_t) json_t *o = NULL;
	struct order order = { 0 };
	if (bytes > ORDER_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "order over its limit", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = parse_order(o, &order, err);
	if (r)
		return err_trace(err, r, "order_parse");
	*ret = order;
	return 0;
}

static void
put_hex(struct buf *out, const void *p, size_t bytes)
{
	char hex[65];
	text_hex_format(p, bytes, hex);
	buf_text(out, hex);
}

/* Everything written here is hex, a number or one of our own names: no text to escape. */
void
order_format(const struct order *o, struct buf *out)
{
	buf_printf(out, "{\"v\":%d,\"id\":\"", ORDER_VERSION);
	put_hex(out, o->id.b, ORDER_ID_BYTES);
	buf_text(out, "\",\"th\":\"");
	put_hex(out, o->transcript, sizeof(o->transcript));
	buf_printf(out, "\",\"muni\":\"%s\",\"kind\":\"%s\",\"scope\":\"%s\"", o->muni.s,
	    kind_names[o->kind], scope_names[o->scope]);
	if (o->scope == ORDER_PART) {
		buf_text(out, ",\"persons\":[");
		for (unsigned i = 0; i < o->n_persons; i++) {
			buf_text(out, i ? ",\"" : "\"");
			put_hex(out, o->persons[i].b, PERSON_REF_BYTES);
			buf_text(out, "\"");
		}
		buf_text(out, "]");
	}
	buf_text(out, ",\"options\":[");
	const char *comma = "";
	for (unsigned i = 0; i < N_ELEMENTS(option_names); i++) {
		if (!(o->options & 1u << i))
			continue;
		buf_printf(out, "%s\"%s\"", comma, option_names[i]);
		comma = ",";
	}
	buf_printf(out, "],\"copies\":%u,\"fee_yen\":%u", o->copies, o->fee_yen);
	for (unsigned i = 0; i < o->n_keys; i++) {
		buf_text(out, i ? "\",\"" : ",\"keys\":[\"");
		put_hex(out, o->keys[i].b, KEY_ID_BYTES);
	}
	buf_printf(out, "%s,\"time_ms\":%lld}", o->n_keys ? "\"]" : "", (long long)o->at_ms);
}
