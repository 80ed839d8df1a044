/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/record_read.h"
#include "base/text.h"

#include <string.h>

/* What is left of the text; any step that does not find what it looks for ends the quick way. */
struct at {
	char *p;
	const char *end;
};

static bool
skip(struct at *t, const char *text, size_t bytes)
{
	if ((size_t)(t->end - t->p) < bytes || memcmp(t->p, text, bytes) != 0)
		return false;
	t->p += bytes;
	return true;
}
#define SKIP(t, literal) skip((t), "" literal "", sizeof(literal) - 1)

/* Of eight bytes at once: not 0 when one of @x is below @less (at most 0x80). */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ANY_BELOW(x, less) (((x)-EACH(less)) & ~(x)&EACH(0x80))

/* Eight bytes without a quote, a backslash or a control character. Bytes of UTF-8 are above all. */
static bool
is_plain(const char *p)
{
	uint64_t x;
	memcpy(&x, p, sizeof(x));
	return (ANY_BELOW(x, 0x20) | ANY_BELOW(x ^ EACH('"'), 1) | ANY_BELOW(x ^ EACH('\\'), 1)) ==
	    0;
}

/* A text with nothing to unescape, up to its quote, which becomes its NUL. */
static char *
quoted(struct at *t, size_t *ret_bytes)
{
	char *from = t->p;
	while (t->end - t->p >= 8 && is_plain(t->p))
		t->p += 8;
	while (t->p < t->end && *t->p != '"') {
		if (*t->p == '\\' || (unsigned char)*t->p < 0x20)
			return NULL;
		t->p++;
	}
	if (t->p == t->end)
		return NULL;
	*ret_bytes = (size_t)(t->p - from);
	*t->p++ = '\0';
	return from;
}

static bool
number(struct at *t, uint64_t max, uint64_t *ret)
{
	const char *from = t->p;
	uint64_t v = 0;
	while (t->p < t->end && *t->p >= '0' && *t->p <= '9' && t->p - from < 10)
		v = v * 10 + (uint64_t)(*t->p++ - '0');
	*ret = v;
	return t->p > from && (*from != '0' || t->p - from == 1) && v <= max;
}

/* "kind" is read: whose it is, and the number in its history. */
static bool
whose(struct at *t, struct sync_record *rec)
{
	uint64_t n = 0;
	size_t bytes = 0;
	if (!SKIP(t, ",\"atena_no\":\""))
		return false;
	rec->atena_no = quoted(t, &bytes);
	if (rec->atena_no == NULL || bytes > RECORD_MAX_NUMBER_BYTES ||
	    !SKIP(t, ",\"rireki_no\":") || !number(t, RECORD_MAX_RIREKI, &n))
		return false;
	rec->rireki_no = (uint32_t)n;
	return true;
}

static bool
state_of(struct at *t, enum resident_state *ret)
{
	*ret = RESIDENT_REGISTERED;
	if (SKIP(t, "\"registered\""))
		return true;
	*ret = RESIDENT_REMOVED;
	return SKIP(t, "\"removed\"");
}

static bool
class_of(struct at *t, enum resident_class *ret)
{
	*ret = RESIDENT_JAPANESE;
	if (SKIP(t, "\"japanese\""))
		return true;
	*ret = RESIDENT_FOREIGN;
	return SKIP(t, "\"foreign\"");
}

/* Items mostly come in their order: looked for from the one after the last. */
static unsigned
item_find(const char *name, size_t bytes, unsigned last)
{
	for (unsigned i = 0; i < RESIDENT_ITEM_MAX; i++) {
		unsigned n = (last + i) % RESIDENT_ITEM_MAX + 1;
		const char *known = resident_item_info(n)->name;
		if (known[0] == name[0] && strncmp(known, name, bytes) == 0 && known[bytes] == '\0')
			return n;
	}
	return 0;
}

/* Behind "items":{ up to its brace. 宛名番号 stands in the record itself, once. */
static bool
items(struct at *t, struct resident *r)
{
	unsigned last = RESIDENT_ITEM_atena_no;
	size_t bytes = 0;
	for (bool first = true; !SKIP(t, "}"); first = false) {
		if (!first && !SKIP(t, ","))
			return false;
		const char *name = SKIP(t, "\"") ? quoted(t, &bytes) : NULL;
		last = name ? item_find(name, bytes, last) : 0;
		if (last == 0 || r->item[last - 1] != NULL || !SKIP(t, ":\""))
			return false;
		r->item[last - 1] = quoted(t, &bytes);
		if (r->item[last - 1] == NULL)
			return false;
	}
	return true;
}

static bool
resident(struct at *t, struct sync_record *rec)
{
	struct resident *r = &rec->resident;
	uint64_t narabi = 0;
	if (!SKIP(t, "{\"kind\":\"resident\"") || !whose(t, rec) || !SKIP(t, ",\"state\":") ||
	    !state_of(t, &r->state) || !SKIP(t, ",\"class\":") || !class_of(t, &r->class_) ||
	    !SKIP(t, ",\"narabi\":") || !number(t, RECORD_MAX_NARABI, &narabi) ||
	    !SKIP(t, ",\"items\":{"))
		return false;
	r->atena_no = rec->atena_no; /* tested with the items: text that is not empty */
	if (!items(t, r) || !SKIP(t, "}"))
		return false;
	rec->kind = SYNC_RESIDENT;
	r->rireki_no = rec->rireki_no;
	r->narabi = (uint32_t)narabi;
	rec->setai_no = r->setai_no;
	return true;
}

static bool
seal(struct arena *a, struct at *t, struct sync_record *rec)
{
	struct seal_row *s = &rec->seal;
	uint64_t width = 0, height = 0;
	size_t bytes = 0, text_bytes = 0;
	s->state = SEAL_REGISTERED;
	if (!SKIP(t, "\"registered\"")) {
		s->state = SEAL_ABOLISHED;
		if (!SKIP(t, "\"abolished\""))
			return false;
	}
	s->touroku_no = SKIP(t, ",\"touroku_no\":\"") ? quoted(t, &bytes) : NULL;
	if (s->touroku_no == NULL || !SKIP(t, ",\"touroku_on\":\""))
		return false;
	s->touroku_on = quoted(t, &bytes);
	if (s->touroku_on == NULL || !SKIP(t, ",\"width_px\":") ||
	    !number(t, SEAL_MAX_PX, &width) || !SKIP(t, ",\"height_px\":") ||
	    !number(t, SEAL_MAX_PX, &height) || !SKIP(t, ",\"bits\":\""))
		return false;
	s->width_px = (uint16_t)width;
	s->height_px = (uint16_t)height;
	const char *bits = quoted(t, &text_bytes);
	if (bits == NULL || !SKIP(t, "}") || text_bytes > SEAL_ROW_MAX_BYTES)
		return false;
	s->bits = text_b64url_parse(a, bits, text_bytes, &bytes);
	s->atena_no = rec->atena_no;
	s->rireki_no = rec->rireki_no;
	return s->bits != NULL && bytes == seal_bits_bytes(s);
}

static bool
card(struct at *t, struct sync_record *rec)
{
	struct sync_card *c = &rec->card;
	size_t bytes = 0;
	c->active = SKIP(t, "\"active\"");
	if ((!c->active && !SKIP(t, "\"ended\"")) || !SKIP(t, ",\"issuer\":\""))
		return false;
	const char *hex = quoted(t, &bytes);
	if (hex == NULL || strpbrk(hex, "ABCDEF") != NULL ||
	    !text_hex_parse(hex, bytes, c->issuer, sizeof(c->issuer)) || !SKIP(t, ",\"serial\":\""))
		return false;
	hex = quoted(t, &bytes);
	return hex != NULL && record_serial(c, hex, bytes) && SKIP(t, "}");
}

static bool
more(struct arena *a, struct at *t, struct muni_code muni, struct sync_record *rec)
{
	struct err unused = { 0 };
	bool is_seal = SKIP(t, "{\"kind\":\"seal\"");
	if ((!is_seal && !SKIP(t, "{\"kind\":\"card\"")) || !whose(t, rec) || rec->rireki_no == 0 ||
	    rec->atena_no[0] == '\0' || !text_is_clean_utf8(rec->atena_no, strlen(rec->atena_no)) ||
	    !SKIP(t, ",\"state\":"))
		return false;
	rec->kind = is_seal ? SYNC_SEAL : SYNC_CARD;
	if (!is_seal)
		return card(t, rec);
	rec->seal.muni = muni;
	return seal(a, t, rec) && seal_row_check(&rec->seal, &unused) == 0;
}

/* The quotes that became NULs: no other NUL stands where it was read. */
static void
give_back(char *from, const char *to)
{
	for (; from < to; from++)
		if (*from == '\0')
			*from = '"';
}

int
record_read(
    struct muni_code muni, char *text, size_t bytes, struct sync_record *ret, size_t *ret_bytes)
{
	struct sync_record rec = { .resident.muni = muni };
	struct err unused = { 0 };
	struct at t = { text, text + bytes };
	if (!resident(&t, &rec) || resident_check(&rec.resident, &unused) != 0) {
		give_back(text, t.p);
		return RECORD_E_OTHER;
	}
	*ret_bytes = (size_t)(t.p - text);
	*ret = rec;
	return 0;
}

int
record_read_more(struct arena *a, struct muni_code muni, char *text, size_t bytes,
    struct sync_record *ret, size_t *ret_bytes)
{
	struct sync_record rec = { .kind = SYNC_SEAL };
	struct at t = { text, text + bytes };
	if (!more(a, &t, muni, &rec)) {
		give_back(text, t.p);
		return RECORD_E_OTHER;
	}
	*ret_bytes = (size_t)(t.p - text);
	*ret = rec;
	return 0;
}
