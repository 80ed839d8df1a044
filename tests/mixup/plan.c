/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/plan.h"
#include "base/file.h"
#include "domain/muni.h"
#include "tests/world/tool/tool.h"
#include "wire/js.h"

#include <openssl/pem.h>
#include <string.h>

enum { PLAN_ARENA_BYTES = 256 << 20, PLAN_MAX_FILE_BYTES = 1 << 20 };

static const char *
text(struct plan *p, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	if (s == NULL)
		tool_die("plan: %s is missing", key);
	return arena_strdup(p->a, s);
}

static const char *
text_maybe(struct plan *p, const json_t *o, const char *key)
{
	return json_is_string(json_object_get(o, key)) ? text(p, o, key) : NULL;
}

static unsigned
number(const json_t *o, const char *key, unsigned max)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > max)
		tool_die("plan: %s is missing or over %u", key, max);
	return (unsigned)json_integer_value(v);
}

static unsigned
list(struct plan *p, const json_t *o, const char *key, const char **ret, unsigned max)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_array(v) || json_array_size(v) == 0 || json_array_size(v) > max)
		tool_die("plan: %s has none or too many", key);
	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *s = json_string_value(json_array_get(v, i));
		if (s == NULL)
			tool_die("plan: %s", key);
		ret[i] = arena_strdup(p->a, s);
	}
	return (unsigned)json_array_size(v);
}

static void
city(struct plan *p, const json_t *o)
{
	struct plan_city *c = &p->city[p->n_cities];
	const char *code = text(p, o, "code");
	const char *expect = json_string_value(json_object_get(o, "expect"));
	if (!muni_parse(code, strlen(code), &c->code))
		tool_die("plan: a city's code");
	c->register_db = text(p, o, "register");
	c->replica_db = text(p, o, "replica");
	c->expect = expect != NULL ? arena_strdup(p->a, expect) : NULL;
	unsigned n = truth_count(p->units);
	p->people[p->n_cities] = arena_zero_n(p->a, n, sizeof(struct truth));
	for (unsigned i = 0; i < n; i++)
		truth_person(p->a, p->seed, p->units, p->n_cities, i, &p->people[p->n_cities][i]);
	p->n_cities++;
}

static enum card_standing
standing(const char *word)
{
	static const char *const words[] = { "good", "revoked", "hold", "ended", "stranger" };
	for (unsigned i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(words[i], word) == 0)
			return (enum card_standing)i;
	tool_die("plan: a card's standing");
}

static void
card(struct plan *p, const json_t *o)
{
	struct plan_card *c = &p->cards[p->n_cards++];
	const char *dir = text(p, o, "dir");
	size_t n = 0;
	c->city = number(o, "city", p->n_cities - 1);
	c->person = number(o, "person", truth_count(p->units) - 1);
	c->standing = standing(text(p, o, "standing"));
	c->der = tool_read(p->a, tool_path(p->a, dir, "auth_cert.der"), &c->der_bytes);
	uint8_t *pem = tool_read(p->a, tool_path(p->a, dir, "auth_key.pem"), &n);
	BIO *in = BIO_new_mem_buf(pem, (int)n);
	c->key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	BIO_free(in);
	if (c->key == NULL)
		tool_die("%s: no key", dir);
}

void
plan_load(const char *path, struct plan *ret)
{
	struct err err = { 0 };
	AUTO(json_t) json_t *o = NULL;
	size_t n = 0, i;
	json_t *v;
	*ret = (struct plan){ .a = arena_new(PLAN_ARENA_BYTES) };
	uint8_t *p = tool_read(ret->a, path, &n);
	if (n > PLAN_MAX_FILE_BYTES || js_parse(p, n, &o, &err) != 0)
		tool_die("%s: no plan", path);
	ret->seed = number(o, "seed", INT32_MAX);
	ret->units = number(o, "units", TRUTH_MAX_UNITS);
	ret->orders = number(o, "orders", 100000000);
	ret->threads = number(o, "threads", PLAN_MAX_THREADS);
	ret->rate = number(o, "rate", 100000);
	ret->sample = number(o, "sample", 1000000);
	ret->hostile_percent = number(o, "hostile_percent", 100);
	ret->changes_ms = number(o, "changes_ms", 100000);
	ret->faults = json_is_true(json_object_get(o, "faults"));
	ret->swap = json_is_true(json_object_get(o, "swap"));
	ret->overload = json_is_true(json_object_get(o, "overload"));
	ret->first = json_is_true(json_object_get(o, "first"));
	ret->net = text(ret, o, "net");
	ret->samples = text(ret, o, "samples");
	ret->history = text(ret, o, "history");
	ret->ledger = text_maybe(ret, o, "ledger");
	ret->only = text_maybe(ret, o, "only");
	ret->excuses = text_maybe(ret, o, "excuses");
	ret->server = text_maybe(ret, o, "server");
	ret->server_conf = text_maybe(ret, o, "server_conf");
	ret->moving = number(o, "moving", ret->units);
	ret->news = json_is_true(json_object_get(o, "news"));
	ret->n_centers = list(ret, o, "centers", ret->centers, PLAN_MAX_CENTERS);
	ret->n_kiosks = list(ret, o, "kiosks", ret->kiosk, PLAN_MAX_KIOSKS);
	ret->kiosk[PLAN_MAX_KIOSKS] = text(ret, o, "cut_off");
	json_array_foreach(json_object_get(o, "cities"), i, v) if (ret->n_cities < TRUTH_MAX_CITIES)
	    city(ret, v);
	ret->cards = arena_zero_n(ret->a, PLAN_MAX_CARDS, sizeof(*ret->cards));
	json_array_foreach(json_object_get(o, "cards"), i, v) if (ret->n_cards < PLAN_MAX_CARDS)
	    card(ret, v);
	if (ret->n_cities == 0 || ret->n_cards == 0 || ret->threads == 0 || ret->units < 2)
		tool_die("plan: nothing to do");
}
