/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/mixup/oracle.h"
#include "backside/code.h"
#include "base/mem.h"
#include "base/text.h"
#include "domain/order.h"
#include "pki/hash.h"
#include "server/seal/pdfread.h"
#include "tests/mixup/tally.h"
#include "tests/world/tool/tool.h"

#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 16, TEXT_MAX_BYTES = 256 << 10, NUMBERS_MAX = 1 << 22 };

/* One order's expectations while its pages are read. */
struct oracle {
	struct visit *v;
	const struct truth *people;
	unsigned n, printed[ORDER_MAX_PERSONS];
	struct truth_state states[STATES_MAX];
	unsigned n_states;
	bool right;
};

static void
wrong(struct oracle *o, const char *check, const char *what)
{
	tally_finding(check, what, o->v->order_no, true);
	o->right = false;
}

unsigned
oracle_printed(const struct visit *v, unsigned ret[ORDER_MAX_PERSONS])
{
	const struct truth *t = v->who;
	if (v->choice.kind == DOC_INKAN || v->choice.scope == ORDER_SELF) {
		ret[0] = t->index;
		return 1;
	}
	if (v->choice.scope == ORDER_HOUSEHOLD) {
		for (unsigned i = 0; i < t->n_home; i++)
			ret[i] = t->home + i;
		return t->n_home;
	}
	/* A part: who was offered says it by name, and in one household no name comes twice. */
	const struct offer *offer = flow_offer(v->flow);
	const struct truth *people = v->plan->people[v->card->city];
	unsigned n = 0;
	for (unsigned i = 0; i < t->n_home; i++)
		for (unsigned k = 0; k < offer->n_persons; k++)
			if ((v->choice.persons >> k & 1) != 0 &&
			    strcmp(offer->persons[k].name, people[t->home + i].name) == 0)
				ret[n++] = t->home + i;
	return n;
}

/* --- a page's texts --- */

static bool
expected(const struct oracle *o, unsigned uid)
{
	for (unsigned i = 0; i < o->n; i++)
		if (o->people[o->printed[i]].uid == uid)
			return true;
	return false;
}

/* Every mark of every page: nobody else's, and each of ours the right number of times. */
static void
marks_check(struct oracle *o, const char *text, unsigned seen[ORDER_MAX_PERSONS])
{
	unsigned uid = 0;
	for (const char *at = text; (at = truth_mark_next(at, &uid)) != NULL;) {
		if (!expected(o, uid))
			wrong(o, "page: mark", "somebody else's mark stands on it");
		for (unsigned i = 0; i < o->n; i++)
			seen[i] += o->people[o->printed[i]].uid == uid;
	}
}

static bool
has_address(const struct oracle *o, const struct truth *t, const char *text)
{
	for (unsigned i = 0; i < o->n_states; i++)
		if (strstr(text,
			truth_address(o->v->a, t, o->v->plan->units, o->states[i].moved)) != NULL)
			return true;
	return false;
}

static void
person_check(struct oracle *o, const struct truth *t, const char *text)
{
	if (strstr(text, t->name) == NULL)
		wrong(o, "page: name", "the name is not on it");
	if (strstr(text, t->birth) == NULL)
		wrong(o, "page: birthday", "the birthday is not on it");
	if (!has_address(o, t, text))
		wrong(o, "page: address", "no address that was true meanwhile");
}

static const char *
side_text(struct arena *a, const struct pdfread_side *s)
{
	struct buf b;
	buf_init(&b, TEXT_MAX_BYTES);
	for (unsigned i = 0; i < s->n_runs; i++)
		buf_text(&b, s->runs[i].text);
	const char *text = buf_ok(&b) ? arena_strndup(a, (const char *)b.p, b.bytes) : "";
	buf_done(&b);
	return text;
}

/* --- the seal --- */

static bool
seal_is(const struct oracle *o, const struct pdfread_stencil *s, unsigned sealed)
{
	const struct truth *t = o->v->who;
	size_t bytes = (size_t)((t->seal_px + 7) / 8) * t->seal_px;
	return s->w_px == t->seal_px && s->h_px == t->seal_px &&
	    memcmp(s->bits, truth_seal(o->v->a, t, sealed), bytes) == 0;
}

static void
seal_check(struct oracle *o, const struct pdfread_side *s)
{
	bool seen = false, legal = false;
	for (unsigned k = 0; k < o->n_states; k++) {
		const struct truth_state *st = &o->states[k];
		for (unsigned i = 0; i < s->n_stencils && !seen; i++)
			if (seal_is(o, &s->stencils[i], st->sealed)) {
				seen = true;
				legal = !st->abolished;
			}
		legal = legal || (seen && !st->abolished);
	}
	if (!seen)
		wrong(o, "page: seal", "another seal than the holder's");
	if (!legal || truth_seal_abolished_at_first(o->v->who->index))
		wrong(o, "page: seal", "a seal that is abolished");
}

/* --- a copy --- */

static void
fronts_check(struct oracle *o, const struct pdfread *pdf, const char *number)
{
	unsigned seen[ORDER_MAX_PERSONS] = { 0 };
	struct arena *a = o->v->a;
	struct buf all;
	buf_init(&all, TEXT_MAX_BYTES);
	for (unsigned i = 0; i < pdf->n_sides; i++) {
		const char *text = side_text(a, &pdf->sides[i]);
		if (strstr(text, number) == NULL)
			wrong(o, "page: issue number", "another number than the manifest's");
		marks_check(o, text, seen);
		if (!pdf->sides[i].is_back)
			buf_text(&all, text);
	}
	const char *text = buf_ok(&all) ? arena_strndup(a, (const char *)all.p, all.bytes) : "";
	buf_done(&all);
	for (unsigned i = 0; i < o->n; i++) {
		person_check(o, &o->people[o->printed[i]], text);
		if (o->v->choice.kind == DOC_JUMINHYO && seen[i] != 1)
			wrong(o, "page: mark",
			    seen[i] == 0 ? "a member is missing" : "a member twice");
	}
	if (o->v->choice.kind == DOC_INKAN)
		seal_check(o, &pdf->sides[0]);
}

/* Modules that carry the very record that the manifest names of this page. */
static bool
back_is(const struct oracle *o, unsigned copy, unsigned page, const uint8_t *modules)
{
	const json_t *c = json_array_get(json_object_get(o->v->manifest, "copies"), copy);
	const json_t *one = json_array_get(json_object_get(c, "pages"), page);
	uint8_t want[SHA256_BYTES], hash[SHA256_BYTES], *record = NULL;
	size_t n = 0;
	if (backside_read(modules, o->v->a, &record, &n) != 0)
		return false;
	sha256(record, n, hash);
	return js_hex(one, "back", want, sizeof(want), NULL) == 0 &&
	    mem_equal(want, hash, sizeof(hash));
}

/*
 * Each back is the one that the manifest names. Returns the file as it was before its backs
 * were painted, which is what pdfread() reads.
 */
static const uint8_t *
backs_check(struct oracle *o, unsigned copy, const struct flow_copy *c)
{
	static const char image[] = "/Width 736\n/Height 1008\n", begin[] = "stream\r\n";
	uint8_t *pdf = arena_memdup(o->v->a, c->pdf, c->pdf_bytes), *at = pdf,
		*end = pdf + c->pdf_bytes;
	unsigned n = 0;
	while ((at = memmem(at, (size_t)(end - at), image, sizeof(image) - 1)) != NULL) {
		at = memmem(at, (size_t)(end - at), begin, sizeof(begin) - 1);
		if (at == NULL || (size_t)(end - at) < sizeof(begin) + RENDER_BACK_BYTES)
			break;
		at += sizeof(begin) - 1;
		if (!back_is(o, copy, n++, at))
			wrong(o, "page: back", "another back than the manifest's");
		memset(at, 0, RENDER_BACK_BYTES);
	}
	if (n != c->pages)
		wrong(o, "page: back", "a sheet without one");
	return pdf;
}

static void
copy_check(struct oracle *o, unsigned copy, const struct flow_copy *c)
{
	struct err err = { 0 };
	struct pdfread *pdf = NULL;
	const uint8_t *white = backs_check(o, copy, c);
	if (pdfread(o->v->a, white, c->pdf_bytes, &pdf, &err) != 0) {
		wrong(o, "page: form", "not a paper of ours");
		return;
	}
	if (pdf->n_sides != 2 * c->pages)
		wrong(o, "page: pages", "more or fewer than the manifest says");
	fronts_check(o, pdf, c->number);
	for (unsigned i = 0; i < pdf->n_sides / 2; i++)
		tally_add("paper", "pages");
	tally_add("paper", "copies");
}

bool
oracle_answer(struct visit *v)
{
	struct oracle o = { .v = v, .people = v->plan->people[v->card->city], .right = true };
	const struct flow_papers *p = flow_papers(v->flow);
	o.n = oracle_printed(v, o.printed);
	o.n_states = clerk_states(v->clerk, v->who->index, v->from, v->to, o.states, STATES_MAX);
	bool blocked = true;
	for (unsigned i = 0; i < o.n_states; i++)
		blocked = blocked && o.states[i].blocked;
	if (blocked)
		wrong(&o, "answer: block", "answered although the block was acknowledged before");
	for (unsigned i = 0; i < p->n_copies; i++)
		copy_check(&o, i, &p->copies[i]);
	return o.right;
}

/* --- the manifest, without anybody's help --- */

static void *numbers; /* of tsearch: every issue number and serial that was ever given */
static pthread_mutex_t numbers_lock = PTHREAD_MUTEX_INITIALIZER;

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* False when it was given before. */
static bool
number_new(const char *s, const char *order)
{
	char *key = NULL;
	bool fresh = true;
	(void)pthread_mutex_lock(&numbers_lock);
	void *at = tfind(s, &numbers, by_text);
	if (at == NULL) {
		size_t n = strlen(s) + 1;
		key = malloc(n + strlen(order) + 1);
		if (key == NULL)
			tool_die("no memory");
		memcpy(key, s, n);
		memcpy(key + n, order, strlen(order) + 1);
		(void)tsearch(key, &numbers, by_text);
	} else { /* the same order may be answered twice, with the same bytes */
		const char *was = *(char **)at;
		fresh = strcmp(was + strlen(was) + 1, order) == 0;
	}
	(void)pthread_mutex_unlock(&numbers_lock);
	return fresh;
}

static json_t *
manifest_open(struct visit *v)
{
	AUTO(json_t) json_t *o = NULL;
	json_t *m = NULL;
	size_t n = 0;
	if (js_parse(v->answer.body, v->answer.body_bytes, &o, NULL) != 0)
		return NULL;
	const char *jws = json_string_value(json_object_get(o, "manifest"));
	const char *dot = jws != NULL ? strchr(jws, '.') : NULL;
	const char *end = dot != NULL ? strchr(dot + 1, '.') : NULL;
	if (end == NULL)
		return NULL;
	uint8_t *p = text_b64url_parse(v->a, dot + 1, (size_t)(end - dot - 1), &n);
	return p != NULL && js_parse(p, n, &m, NULL) == 0 ? m : NULL;
}

static bool
text_is(const json_t *m, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(m, key));
	return s != NULL && strcmp(s, want) == 0;
}

bool
oracle_manifest(struct visit *v)
{
	struct oracle o = { .v = v, .right = true };
	json_decref(v->manifest);
	const json_t *m = v->manifest = manifest_open(v);
	char id[2 * ORDER_ID_BYTES + 1], th[65], oh[65];
	text_hex_format(v->id.b, sizeof(v->id.b), id);
	text_hex_format(v->flow->th, 32, th);
	text_hex_format(v->flow->oh, 32, oh);
	if (m == NULL) {
		wrong(&o, "manifest: form", "none that can be read");
		return false;
	}
	if (!text_is(m, "order", id) || !text_is(m, "oh", oh))
		wrong(&o, "manifest: order", "of another order");
	if (!text_is(m, "th", th))
		wrong(&o, "manifest: session", "of another session");
	if (!text_is(m, "muni", v->plan->city[v->card->city].code.s))
		wrong(&o, "manifest: municipality", "of another municipality");
	if (!text_is(m, "kind", doc_kind_name(v->choice.kind)))
		wrong(&o, "manifest: kind", "of another kind");
	const json_t *copies = json_object_get(m, "copies");
	if (json_array_size(copies) != v->choice.copies)
		wrong(&o, "manifest: copies", "more or fewer");
	for (size_t i = 0; i < json_array_size(copies); i++) {
		const json_t *c = json_array_get(copies, i);
		const char *number = json_string_value(json_object_get(c, "number"));
		const char *serial = json_string_value(json_object_get(c, "serial"));
		if (number == NULL || serial == NULL || !number_new(number, id) ||
		    !number_new(serial, id))
			wrong(&o, "manifest: number", "a number that was given before");
	}
	return o.right;
}

/* --- for the judges --- */

void
oracle_keep(struct visit *v)
{
	const struct flow_papers *p = flow_papers(v->flow);
	const struct truth *people = v->plan->people[v->card->city];
	unsigned printed[ORDER_MAX_PERSONS];
	unsigned n = oracle_printed(v, printed);
	AUTO(json_t) json_t *o = json_object();
	json_t *names = json_array(), *marks = json_array();
	struct buf b;
	for (unsigned i = 0; i < n; i++) {
		const struct truth *t = &people[printed[i]];
		(void)json_array_append_new(names, json_string(t->name));
		(void)json_array_append_new(marks, json_string(t->former));
	}
	js_put_text(o, "number", p->copies[0].number);
	js_put_int(o, "order", v->order_no);
	js_put_int(o, "pages", p->copies[0].pages);
	js_put_text(o, "kind", doc_kind_name(v->choice.kind));
	js_put(o, "names", names);
	js_put(o, "marks", marks);
	buf_init(&b, TEXT_MAX_BYTES);
	struct err err = { 0 };
	if (js_format(o, &b, &err) != 0)
		tool_die("a sample's description");
	char id[2 * ORDER_ID_BYTES + 1];
	text_hex_format(v->id.b, sizeof(v->id.b), id);
	const char *stem = arena_printf(v->a, "%s/%08u-%s", v->plan->samples, v->order_no, id);
	tool_write(
	    arena_printf(v->a, "%s.pdf", stem), p->copies[0].pdf, p->copies[0].pdf_bytes, 0600);
	tool_write(arena_printf(v->a, "%s.json", stem), b.p, b.bytes, 0600);
	buf_done(&b);
	tally_add("paper", "laid aside for the judges");
}
