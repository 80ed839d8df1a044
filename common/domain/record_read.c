/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/record_read.h"

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

/* A text with nothing to unescape, up to its quote, which becomes its NUL. */
static char *
quoted(struct at *t, size_t *ret_bytes)
{
	char *from = t->p;
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
	uint64_t rireki_no = 0;
	uint64_t narabi = 0;
	size_t bytes = 0;
	if (!SKIP(t, "{\"kind\":\"resident\",\"atena_no\":\""))
		return false;
	rec->atena_no = quoted(t, &bytes);
	if (rec->atena_no == NULL || bytes > RECORD_MAX_NUMBER_BYTES)
		return false;
	if (!SKIP(t, ",\"rireki_no\":") || !number(t, RECORD_MAX_RIREKI, &rireki_no) ||
	    !SKIP(t, ",\"state\":") || !state_of(t, &r->state) || !SKIP(t, ",\"class\":") ||
	    !class_of(t, &r->class_) || !SKIP(t, ",\"narabi\":") ||
	    !number(t, RECORD_MAX_NARABI, &narabi) || !SKIP(t, ",\"items\":{"))
		return false;
	r->atena_no = rec->atena_no; /* tested with the items: text that is not empty */
	if (!items(t, r) || !SKIP(t, "}"))
		return false;
	rec->kind = SYNC_RESIDENT;
	rec->rireki_no = r->rireki_no = (uint32_t)rireki_no;
	r->narabi = (uint32_t)narabi;
	rec->setai_no = r->setai_no;
	return true;
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
