/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/record.h"
#include "base/text.h"
#include "domain/order.h"

#include <string.h>

/* A number of the register: 1..15 printable characters, so that it can be hashed as it stands. */
static int
number_text(const json_t *o, const char *key, const char **ret, struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, RECORD_MAX_NUMBER_BYTES, &s, err);
	if (r)
		return err_trace(err, r, "number");
	if (s[0] == '\0' || !text_is_clean_utf8(s, strlen(s)))
		return err_raise(err, FAULT_BAD_INPUT, "number is no clean text", 0);
	*ret = s;
	return 0;
}

/* Which of two words a member is: 1 or 2. */
static int
word_of_two(const json_t *o, const char *key, const char *first, const char *second, int *ret,
    struct err *err)
{
	const char *s = NULL;
	int r = js_text(o, key, 16, &s, err);
	if (r)
		return err_trace(err, r, "word");
	if (strcmp(s, first) != 0 && strcmp(s, second) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "word unknown", 0);
	*ret = strcmp(s, first) == 0 ? 1 : 2;
	return 0;
}

static int
rireki(const json_t *o, uint32_t *ret, struct err *err)
{
	int64_t n = 0;
	int r = js_int(o, "rireki_no", 1, RECORD_MAX_RIREKI, &n, err);
	if (r)
		return err_trace(err, r, "rireki_no");
	*ret = (uint32_t)n;
	return 0;
}

static int
resident_items(const json_t *items, struct resident *ret, struct err *err)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)items, name, value)
	{
		unsigned number = resident_item_find(name);
		/* 宛名番号 stands in the record itself, once. */
		if (number == 0 || number == RESIDENT_ITEM_atena_no)
			return err_raise(err, FAULT_BAD_INPUT, "item unknown", (long)number);
		if (!json_is_string(value))
			return err_raise(err, FAULT_BAD_INPUT, "item is no text", (long)number);
		ret->item[number - 1] = json_string_value(value);
	}
	return 0;
}

static int
parse_resident(struct muni_code muni, const json_t *o, struct sync_record *ret, struct err *err)
{
	static const char *const names[] = { "kind", "atena_no", "rireki_no", "state", "class",
		"narabi", "items", NULL };
	struct resident *p = &ret->resident;
	const json_t *items = NULL;
	int64_t narabi = 0;
	int state = 0;
	int class = 0;
	int r = js_members(o, names, err);
	if (r == 0)
		r = word_of_two(o, "state", "registered", "removed", &state, err);
	if (r == 0)
		r = word_of_two(o, "class", "japanese", "foreign", &class, err);
	if (r == 0)
		r = js_int(o, "narabi", 0, RECORD_MAX_NARABI, &narabi, err);
	if (r == 0)
		r = js_object_at(o, "items", &items, err);
	if (r)
		return err_trace(err, r, "resident");
	p->muni = muni;
	p->rireki_no = ret->rireki_no;
	p->state = state == 1 ? RESIDENT_REGISTERED : RESIDENT_REMOVED;
	p->class_ = class == 1 ? RESIDENT_JAPANESE : RESIDENT_FOREIGN;
	p->narabi = (uint32_t)narabi;
	p->atena_no = ret->atena_no;
	r = resident_items(items, p, err);
	if (r == 0)
		r = resident_check(p, err);
	ret->setai_no = p->setai_no;
	return err_trace(err, r, "resident");
}

static int
parse_seal(struct arena *a, struct muni_code muni, const json_t *o, struct sync_record *ret,
    struct err *err)
{
	static const char *const names[] = { "kind", "atena_no", "rireki_no", "state", "touroku_no",
		"touroku_on", "width_px", "height_px", "bits", NULL };
	struct seal_row *s = &ret->seal;
	int state = 0;
	int64_t width = 0;
	int64_t height = 0;
	uint8_t *bits = NULL;
	size_t bytes = 0;
	*s = (struct seal_row){
		.muni = muni, .atena_no = ret->atena_no, .rireki_no = ret->rireki_no
	};
	int r = js_members(o, names, err);
	if (r == 0)
		r = word_of_two(o, "state", "registered", "abolished", &state, err);
	if (r == 0)
		r = js_text(o, "touroku_no", 60, &s->touroku_no, err);
	if (r == 0)
		r = js_text(o, "touroku_on", 160, &s->touroku_on, err);
	if (r == 0)
		r = js_int(o, "width_px", SEAL_MIN_PX, SEAL_MAX_PX, &width, err);
	if (r == 0)
		r = js_int(o, "height_px", SEAL_MIN_PX, SEAL_MAX_PX, &height, err);
	if (r == 0)
		r = js_b64url(a, o, "bits", SEAL_ROW_MAX_BYTES, &bits, &bytes, err);
	if (r)
		return err_trace(err, r, "seal");
	s->state = state == 1 ? SEAL_REGISTERED : SEAL_ABOLISHED;
	s->width_px = (uint16_t)width;
	s->height_px = (uint16_t)height;
	s->bits = bits;
	if (bytes != seal_bits_bytes(s))
		return err_raise(err, FAULT_BAD_INPUT, "seal image and its size", (long)bytes);
	return err_trace(err, seal_row_check(s, err), "seal");
}

/* A serial is a number: a register that keeps a sign byte still means the same card. */
static void
serial_shorten(struct sync_card *c)
{
	size_t zeros = 0;
	while (zeros + 1 < c->serial_bytes && c->serial[zeros] == 0)
		zeros++;
	c->serial_bytes -= zeros;
	memmove(c->serial, c->serial + zeros, c->serial_bytes);
	memset(c->serial + c->serial_bytes, 0, zeros);
}

bool
record_serial(struct sync_card *c, const char *hex, size_t bytes)
{
	if (bytes < 2 || bytes > 2 * sizeof(c->serial) || strpbrk(hex, "ABCDEF") != NULL ||
	    !text_hex_parse(hex, bytes, c->serial, bytes / 2))
		return false;
	c->serial_bytes = bytes / 2;
	serial_shorten(c);
	return true;
}

static int
parse_card(const json_t *o, struct sync_record *ret, struct err *err)
{
	static const char *const names[] = { "kind", "atena_no", "rireki_no", "state", "issuer",
		"serial", NULL };
	struct sync_card *c = &ret->card;
	const char *serial = NULL;
	int state = 0;
	int r = js_members(o, names, err);
	if (r == 0)
		r = word_of_two(o, "state", "active", "ended", &state, err);
	if (r == 0)
		r = js_hex(o, "issuer", c->issuer, sizeof(c->issuer), err);
	if (r == 0)
		r = js_text(o, "serial", 2 * sizeof(c->serial), &serial, err);
	if (r)
		return err_trace(err, r, "card");
	if (!record_serial(c, serial, strlen(serial)))
		return err_raise(err, FAULT_BAD_INPUT, "serial", 0);
	c->active = state == 1;
	return 0;
}

static int
block_kinds(const json_t *kinds, unsigned *ret, struct err *err)
{
	unsigned bits = 0;
	for (size_t i = 0; i < json_array_size(kinds); i++) {
		const char *name = json_string_value(json_array_get(kinds, i));
		unsigned bit = name ? 1u << doc_kind_find(name) : 1u;
		if (bit == 1u || (bits & bit))
			return err_raise(err, FAULT_BAD_INPUT, "block kind", (long)i);
		bits |= bit;
	}
	*ret = bits;
	return 0;
}

static int
parse_block(const json_t *o, struct sync_record *ret, struct err *err)
{
	static const char *const person[] = { "kind", "atena_no", "rireki_no", "active", "kinds",
		NULL };
	static const char *const household[] = { "kind", "setai_no", "rireki_no", "active", "kinds",
		NULL };
	const json_t *kinds = NULL;
	int r = js_members(o, ret->atena_no ? person : household, err);
	if (r == 0 && ret->atena_no == NULL)
		r = number_text(o, "setai_no", &ret->setai_no, err);
	if (r == 0)
		r = js_bool(o, "active", &ret->block.active, err);
	if (r == 0)
		r = js_array(o, "kinds", DOC_KIND_MAX, &kinds, err);
	if (r == 0)
		r = block_kinds(kinds, &ret->block.kinds, err);
	/* A block of nothing would look like one that was lifted. */
	if (r == 0 && ret->block.active && ret->block.kinds == 0)
		return err_raise(err, FAULT_BAD_INPUT, "block of nothing", 0);
	return err_trace(err, r, "block");
}

static enum sync_kind
kind_of(const json_t *o)
{
	static const char *const names[] = { "resident", "seal", "card", "block" };
	const char *s = json_string_value(json_object_get(o, "kind"));
	for (unsigned i = 0; s != NULL && i < N_ELEMENTS(names); i++)
		if (strcmp(s, names[i]) == 0)
			return (enum sync_kind)(i + 1);
	return 0;
}

/* Negative news wins: only what plainly says that nothing ended is taken for harmless. */
static bool
may_be_negative(enum sync_kind kind, const json_t *o)
{
	const char *state = json_string_value(json_object_get(o, "state"));
	if (kind == SYNC_CARD)
		return false; /* the person is parked, and nobody else gets in by that card */
	return kind == 0 || kind == SYNC_BLOCK || state == NULL || strcmp(state, "registered") != 0;
}

static int
parse_kind(struct arena *a, struct muni_code muni, const json_t *o, struct sync_record *ret,
    struct err *err)
{
	struct err unused = { 0 };
	ret->kind = kind_of(o);
	if (ret->kind == 0)
		return err_raise(err, FAULT_BAD_INPUT, "kind unknown", 0);
	int r = rireki(o, &ret->rireki_no, err);
	if (r)
		return err_trace(err, r, "record");
	if (number_text(o, "atena_no", &ret->atena_no, &unused) && ret->kind != SYNC_BLOCK)
		return err_raise(err, FAULT_BAD_INPUT, "atena_no", 0);
	switch (ret->kind) {
	case SYNC_RESIDENT:
		return parse_resident(muni, o, ret, err);
	case SYNC_SEAL:
		return parse_seal(a, muni, o, ret, err);
	case SYNC_CARD:
		return parse_card(o, ret, err);
	case SYNC_BLOCK:
		return parse_block(o, ret, err);
	}
	return err_raise(err, FAULT_INTERNAL, "kind", (long)ret->kind);
}

int
record_parse(struct arena *a, struct muni_code muni, const json_t *o, struct sync_record *ret,
    struct sync_unreadable *ret_bad, struct err *err)
{
	struct sync_record rec = { 0 };
	struct err unused = { 0 };
	int r = parse_kind(a, muni, o, &rec, err);
	if (r == 0) {
		*ret = rec;
		return 0;
	}
	*ret_bad = (struct sync_unreadable){ .security = may_be_negative(kind_of(o), o) };
	if (number_text(o, "atena_no", &ret_bad->atena_no, &unused))
		ret_bad->atena_no = NULL;
	return RECORD_E_UNREADABLE;
}
