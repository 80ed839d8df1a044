/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/profile.h"
#include "base/text.h"
#include "domain/muni.h"
#include "wire/js.h"

#include <string.h>

enum { PROFILE_MAX_TEXT = 600, PROFILE_SEAL_MIN_PX = 189 };

/* Whatever is wrong with the file is the operator's to mend: every fault becomes FAULT_CONFIG. */
static int
as_config(struct err *err, int r)
{
	if (r < 0 && r != FAULT_CONFIG) {
		err->fault = FAULT_CONFIG;
		return FAULT_CONFIG;
	}
	return r;
}

static int
get_text(struct arena *a, const json_t *o, const char *key, const char **ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, PROFILE_MAX_TEXT, &s, err);
	if (r)
		return err_trace(err, r, "profile text");
	if (*s == '\0' || !text_is_clean_utf8(s, strlen(s)))
		return err_raise(err, FAULT_CONFIG, "profile text is no clean text", 0);
	*ret = arena_strdup(a, s);
	return 0;
}

static int
get_date(const json_t *o, const char *key, struct civil_date *ret, struct err *err)
{
	const char *s = NULL;
	char full[26] = "";
	int64_t ms = 0;
	int r = js_text(o, key, 10, &s, err);
	if (r)
		return err_trace(err, r, "profile date");
	if (strlen(s) == 10) {
		memcpy(full, s, 10);
		memcpy(full + 10, "T00:00:00+09:00", 16);
	}
	if (!clock_parse_rfc3339(full, &ms))
		return err_raise(err, FAULT_CONFIG, "profile date", 0);
	*ret = clock_japan(ms).on;
	return 0;
}

/* "06:30" -> minutes; "24:00" closes at midnight. */
static bool
minute_parse(const char *s, int *ret)
{
	uint64_t h = 0;
	uint64_t m = 0;
	if (strlen(s) != 5 || s[2] != ':')
		return false;
	if (!text_u64_parse(s[0] == '0' ? s + 1 : s, s[0] == '0' ? 1 : 2, 24, &h) ||
	    !text_u64_parse(s[3] == '0' ? s + 4 : s + 3, s[3] == '0' ? 1 : 2, 59, &m))
		return false;
	if (h == 24 && m != 0)
		return false;
	*ret = (int)(h * 60 + m);
	return true;
}

bool
profile_hours_parse(const char *open, const char *close, struct profile_hours *ret)
{
	struct profile_hours h = *ret;
	if (!minute_parse(open, &h.open_minute) || !minute_parse(close, &h.close_minute) ||
	    h.open_minute >= h.close_minute)
		return false;
	*ret = h;
	return true;
}

static int
get_hours(const json_t *o, struct profile_hours *ret, struct err *err)
{
	const char *open = NULL;
	const char *close = NULL;
	int r = js_text(o, "open", 5, &open, err);
	if (r == 0)
		r = js_text(o, "close", 5, &close, err);
	if (r == 0)
		r = js_bool(o, "closed_year_end", &ret->closed_year_end, err);
	if (r)
		return err_trace(err, r, "profile hours");
	if (!profile_hours_parse(open, close, ret))
		return err_raise(err, FAULT_CONFIG, "opening hours", 0);
	return 0;
}

static int
get_options(const json_t *o, unsigned *ret, struct err *err)
{
	const json_t *list = NULL;
	int r = js_array(o, "options", 32, &list, err);
	if (r)
		return err_trace(err, r, "profile options");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned bit = name ? order_option_find(name) : 0;
		if (bit == 0)
			return err_raise(err, FAULT_CONFIG, "unknown option", (long)i);
		*ret |= bit;
	}
	return 0;
}

static int
get_kind(struct arena *a, const json_t *o, struct profile_kind *ret, struct err *err)
{
	static const char *const members[] = { "fee_yen", "options", "open", "close",
		"closed_year_end", "ninsho_all", "ninsho_part?", NULL };
	int64_t fee = 0;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_int(o, "fee_yen", 0, 10000, &fee, err);
	if (r == 0)
		r = get_options(o, &ret->options, err);
	if (r == 0)
		r = get_hours(o, &ret->hours, err);
	if (r == 0)
		r = get_text(a, o, "ninsho_all", &ret->ninsho_all, err);
	ret->ninsho_part = ret->ninsho_all;
	if (r == 0 && json_object_get(o, "ninsho_part") != NULL)
		r = get_text(a, o, "ninsho_part", &ret->ninsho_part, err);
	if (r)
		return err_trace(err, r, "profile kind");
	ret->fee_yen = (unsigned)fee;
	ret->offered = true;
	return 0;
}

static int
get_kinds(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	const json_t *kinds = NULL;
	const char *name = NULL;
	json_t *v = NULL;
	int r = js_object_at(o, "kinds", &kinds, err);
	if (r)
		return err_trace(err, r, "profile");
	/* jansson's iteration wants a mutable object; nothing is changed. */
	json_object_foreach((json_t *)(uintptr_t)kinds, name, v)
	{
		enum doc_kind k = doc_kind_find(name);
		if (k == 0)
			return err_raise(err, FAULT_CONFIG, "unknown kind", 0);
		r = get_kind(a, v, &p->kinds[k], err);
		if (r)
			return err_trace(err, r, "profile");
	}
	return 0;
}

/* 公印: at most 25 mm (標準仕様書 5.6). */
static int
get_koin(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	static const char *const members[] = { "width_px", "height_px", "bits", NULL };
	const json_t *koin = NULL;
	int64_t w = 0;
	int64_t h = 0;
	uint8_t *bits = NULL;
	size_t bytes = 0;
	int r = js_object_at(o, "koin", &koin, err);
	if (r == 0)
		r = js_members(koin, members, err);
	if (r == 0)
		r = js_int(koin, "width_px", PROFILE_SEAL_MIN_PX, PROFILE_SEAL_MAX_PX, &w, err);
	if (r == 0)
		r = js_int(koin, "height_px", PROFILE_SEAL_MIN_PX, PROFILE_SEAL_MAX_PX, &h, err);
	if (r == 0)
		r = js_b64url(a, koin, "bits", 65536, &bits, &bytes, err);
	if (r)
		return err_trace(err, r, "profile koin");
	if (bytes != (size_t)((w + 7) / 8 * h))
		return err_raise(err, FAULT_CONFIG, "koin image size", (long)bytes);
	p->koin_width_px = (uint16_t)w;
	p->koin_height_px = (uint16_t)h;
	p->koin_bits = bits;
	return 0;
}

/* けん制文字: only where a municipality has asked for it. */
static int
get_ground(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	static const char *const members[] = { "balance", NULL };
	const json_t *ground = NULL;
	int64_t balance = 0;
	if (json_object_get(o, "ground") == NULL)
		return 0;
	int r = js_object_at(o, "ground", &ground, err);
	if (r == 0)
		r = js_members(ground, members, err);
	if (r == 0)
		r = js_int(ground, "balance", -PROFILE_GROUND_MAX_BALANCE,
		    PROFILE_GROUND_MAX_BALANCE, &balance, err);
	if (r)
		return err_trace(err, r, "profile ground");
	struct profile_ground *g = arena_zero(a, sizeof(*g));
	g->balance = (int)balance;
	p->ground = g;
	return 0;
}

static int
get_dairi(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	static const char *const members[] = { "name", "from", "to", NULL };
	const json_t *dairi = NULL;
	if (json_object_get(o, "dairi") == NULL)
		return 0;
	int r = js_object_at(o, "dairi", &dairi, err);
	if (r == 0)
		r = js_members(dairi, members, err);
	if (r == 0)
		r = get_text(a, dairi, "name", &p->dairi, err);
	if (r == 0)
		r = get_date(dairi, "from", &p->dairi_from, err);
	if (r == 0)
		r = get_date(dairi, "to", &p->dairi_to, err);
	return err_trace(err, r, "profile dairi");
}

static int
get_names(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	const char *muni = NULL;
	const char *form = NULL;
	int r = js_text(o, "muni", 6, &muni, err);
	if (r == 0)
		r = get_text(a, o, "prefecture", &p->prefecture, err);
	if (r == 0)
		r = get_text(a, o, "name", &p->name, err);
	if (r == 0)
		r = get_text(a, o, "mayor_title", &p->mayor_title, err);
	if (r == 0)
		r = get_text(a, o, "mayor", &p->mayor, err);
	if (r == 0)
		r = get_text(a, o, "window_phone", &p->window_phone, err);
	if (r == 0)
		r = get_text(a, o, "inquiry_url", &p->inquiry_url, err);
	if (r == 0)
		r = js_text(o, "form", 8, &form, err);
	if (r)
		return err_trace(err, r, "profile");
	if (!muni_parse(muni, strlen(muni), &p->muni))
		return err_raise(err, FAULT_CONFIG, "municipality code", 0);
	if (strcmp(form, "renki") == 0)
		p->form = PROFILE_RENKI;
	else if (strcmp(form, "kojin") == 0)
		p->form = PROFILE_KOJIN;
	else
		return err_raise(err, FAULT_CONFIG, "form", 0);
	return 0;
}

/* Descriptions of the municipality's own, by kind; kept as text for whoever draws them. */
static int
get_forms(struct arena *a, const json_t *o, struct profile *p, struct err *err)
{
	const json_t *forms = NULL;
	const char *name = NULL;
	json_t *v = NULL;
	if (json_object_get(o, "forms") == NULL)
		return 0;
	int r = js_object_at(o, "forms", &forms, err);
	if (r)
		return err_trace(err, r, "profile");
	json_object_foreach((json_t *)(uintptr_t)forms, name, v)
	{
		enum doc_kind k = doc_kind_find(name);
		struct buf text;
		if (k == 0)
			return err_raise(err, FAULT_CONFIG, "form of an unknown kind", 0);
		buf_init(&text, PROFILE_MAX_BYTES);
		r = js_format(v, &text, err);
		if (r == 0)
			p->form_texts[k] = arena_strndup(a, (const char *)text.p, text.bytes);
		buf_done(&text);
		if (r)
			return err_trace(err, r, "profile form");
	}
	return 0;
}

static int
get_limits(const json_t *o, struct profile *p, struct err *err)
{
	int r = 0;
	if (json_object_get(o, "retention_days") != NULL)
		r = js_int(o, "retention_days", PROFILE_MIN_RETENTION_DAYS,
		    PROFILE_MAX_RETENTION_DAYS, &p->retention_days, err);
	if (r == 0 && json_object_get(o, "stop_behind_s") != NULL)
		r = js_int(o, "stop_behind_s", PROFILE_MIN_STOP_S, PROFILE_MAX_STOP_S,
		    &p->stop_behind_s, err);
	return err_trace(err, r, "limits");
}

int
profile_parse(struct arena *a, const void *json, size_t bytes, struct profile *ret, struct err *err)
{
	static const char *const members[] = { "muni", "prefecture", "name", "mayor_title", "mayor",
		"dairi?", "form", "window_phone", "inquiry_url", "koin", "ground?", "kinds",
		"forms?", "retention_days?", "stop_behind_s?", NULL };
	AUTO(json_t) json_t *o = NULL;
	struct profile p = { 0 };
	if (bytes > PROFILE_MAX_BYTES)
		return err_raise(err, FAULT_CONFIG, "profile over its limit", (long)bytes);
	int r = js_parse(json, bytes, &o, err);
	if (r == 0)
		r = js_members(o, members, err);
	if (r == 0)
		r = get_names(a, o, &p, err);
	if (r == 0)
		r = get_dairi(a, o, &p, err);
	if (r == 0)
		r = get_koin(a, o, &p, err);
	if (r == 0)
		r = get_ground(a, o, &p, err);
	if (r == 0)
		r = get_kinds(a, o, &p, err);
	if (r == 0)
		r = get_forms(a, o, &p, err);
	if (r == 0)
		r = get_limits(o, &p, err);
	r = as_config(err, r);
	if (r)
		return err_trace(err, r, "profile_parse");
	*ret = p;
	return 0;
}

unsigned
profile_slots(const struct profile *p, enum doc_kind kind)
{
	return doc_kind_is_record(kind) && p->form == PROFILE_RENKI ? 4 : 1;
}

bool
profile_hours_are_open(const struct profile_hours *h, int64_t now_ms)
{
	struct civil_time t = clock_japan(now_ms);
	int minute = t.hour * 60 + t.minute;
	/* 年末年始: 12月29日から1月3日まで */
	bool year_end = (t.on.month == 12 && t.on.day >= 29) || (t.on.month == 1 && t.on.day <= 3);
	if (h->closed_year_end && year_end)
		return false;
	return minute >= h->open_minute && minute < h->close_minute;
}

bool
profile_is_open(const struct profile *p, enum doc_kind kind, int64_t now_ms)
{
	const struct profile_kind *k = &p->kinds[kind];
	return k->offered && profile_hours_are_open(&k->hours, now_ms);
}
