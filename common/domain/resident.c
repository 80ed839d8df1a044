/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/resident.h"
#include "base/text.h"
#include "domain/muni.h"

#include <string.h>

enum { ROW_VERSION = 1 };

static const struct resident_item_info item_infos[] = {
#define ITEM(number, item_name, item_japanese, max)                                                \
	[(number)-1] = { .name = #item_name, .japanese = (item_japanese), .max_chars = (max) },
#include "domain/items.def"
#undef ITEM
};

/* 住民記録システム標準仕様書 1.1.6: what no row may be without. */
static const unsigned items_needed[] = { RESIDENT_ITEM_atena_no, RESIDENT_ITEM_setai_no,
	RESIDENT_ITEM_birth, RESIDENT_ITEM_address, RESIDENT_ITEM_jumin_code };
static const unsigned items_needed_japanese[] = { RESIDENT_ITEM_name, RESIDENT_ITEM_honseki,
	RESIDENT_ITEM_hittosha, RESIDENT_ITEM_jumin_since };
static const unsigned items_needed_foreign[] = { RESIDENT_ITEM_gaikokujin_since,
	RESIDENT_ITEM_ho30_45 };

const struct resident_item_info *
resident_item_info(unsigned number)
{
	return number >= 1 && number <= RESIDENT_ITEM_MAX ? &item_infos[number - 1] : NULL;
}

unsigned
resident_item_find(const char *name)
{
	for (unsigned i = 0; i < RESIDENT_ITEM_MAX; i++)
		if (strcmp(item_infos[i].name, name) == 0)
			return i + 1;
	return 0;
}

static int
need_items(const struct resident *r, const unsigned *numbers, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (r->item[numbers[i] - 1] == NULL)
			return err_raise(
			    err, FAULT_BAD_INPUT, "item must not be empty", (long)numbers[i]);
	return 0;
}

static int
check_item(const struct resident *r, unsigned number, struct err *err)
{
	const char *s = r->item[number - 1];
	if (s == NULL)
		return 0;
	long chars = text_clean_count(s);
	if (chars <= 0)
		return err_raise(err, FAULT_BAD_INPUT, "item is no clean text", (long)number);
	if (chars > (long)item_infos[number - 1].max_chars)
		return err_raise(err, FAULT_BAD_INPUT, "item is too long", (long)number);
	return 0;
}

int
resident_check(const struct resident *r, struct err *err)
{
	if (r->rireki_no == 0)
		return err_raise(err, FAULT_BAD_INPUT, "history number", 0);
	if (r->state != RESIDENT_REGISTERED && r->state != RESIDENT_REMOVED)
		return err_raise(err, FAULT_BAD_INPUT, "state", (long)r->state);
	if (r->class_ != RESIDENT_JAPANESE && r->class_ != RESIDENT_FOREIGN)
		return err_raise(err, FAULT_BAD_INPUT, "class", (long)r->class_);
	for (unsigned i = 1; i <= RESIDENT_ITEM_MAX; i++) {
		int c = check_item(r, i, err);
		if (c)
			return err_trace(err, c, "resident_check");
	}
	int n = need_items(r, items_needed, N_ELEMENTS(items_needed), err);
	if (n == 0 && r->class_ == RESIDENT_JAPANESE)
		n = need_items(r, items_needed_japanese, N_ELEMENTS(items_needed_japanese), err);
	if (n == 0 && r->class_ == RESIDENT_FOREIGN)
		n = need_items(r, items_needed_foreign, N_ELEMENTS(items_needed_foreign), err);
	/* A foreign resident has a name in letters, in characters, or both. */
	if (n == 0 && r->name == NULL && r->name_latin == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "no name", RESIDENT_ITEM_name);
	return err_trace(err, n, "resident_check");
}

/* Its number, its length in 16 bits, its text. */
static void
encode_item(unsigned number, const char *text, struct buf *out)
{
	size_t bytes = strlen(text);
	uint8_t *to = bytes <= UINT16_MAX ? buf_room(out, 3 + bytes) : NULL;
	if (to == NULL) {
		out->failed = true;
		return;
	}
	to[0] = (uint8_t)number;
	to[1] = (uint8_t)(bytes >> 8);
	to[2] = (uint8_t)bytes;
	memcpy(to + 3, text, bytes);
	out->bytes += 3 + bytes;
}

void
resident_encode(const struct resident *r, struct buf *out)
{
	buf_u8(out, ROW_VERSION);
	buf_put(out, r->muni.s, 6);
	buf_u32(out, r->rireki_no);
	buf_u8(out, (uint8_t)r->state);
	buf_u8(out, (uint8_t)r->class_);
	buf_u32(out, r->narabi);
	for (unsigned i = 1; i <= RESIDENT_ITEM_MAX; i++)
		if (r->item[i - 1] != NULL)
			encode_item(i, r->item[i - 1], out);
	buf_u8(out, 0); /* the end: so that a cut row is not a row */
}

/* Items stand in rising order, each once: one row has one encoding. */
static int
decode_items(struct arena *a, struct rd *in, struct resident *r, struct err *err)
{
	unsigned last = 0;
	for (;;) {
		unsigned number = rd_u8(in);
		if (!rd_ok(in))
			return err_raise(err, FAULT_BAD_INPUT, "row is cut", (long)last);
		if (number == 0)
			return 0;
		if (number <= last || number > RESIDENT_ITEM_MAX)
			return err_raise(err, FAULT_BAD_INPUT, "item number", (long)number);
		size_t bytes = 0;
		const uint8_t *p = rd_field16(in, &bytes);
		if (p == NULL || memchr(p, 0, bytes) != NULL)
			return err_raise(err, FAULT_BAD_INPUT, "item text", (long)number);
		r->item[number - 1] = arena_strndup(a, (const char *)p, bytes);
		last = number;
	}
}

int
resident_decode(struct arena *a, const void *p, size_t bytes, struct resident *ret, struct err *err)
{
	struct rd in = rd_init(p, bytes);
	struct resident r = { 0 };
	if (bytes > RESIDENT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "row over its limit", (long)bytes);
	if (rd_u8(&in) != ROW_VERSION)
		return err_raise(err, FAULT_BAD_INPUT, "row version", 0);
	const char *muni = (const char *)rd_bytes(&in, 6);
	if (muni == NULL || !muni_parse(muni, 6, &r.muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	r.rireki_no = rd_u32(&in);
	r.state = rd_u8(&in);
	r.class_ = rd_u8(&in);
	r.narabi = rd_u32(&in);
	int x = decode_items(a, &in, &r, err);
	if (x)
		return err_trace(err, x, "resident_decode");
	if (!rd_done(&in))
		return err_raise(err, FAULT_BAD_INPUT, "bytes behind the row", 0);
	x = resident_check(&r, err);
	if (x)
		return err_trace(err, x, "resident_decode");
	*ret = r;
	return 0;
}

static int
seal_text_check(const char *s, size_t max_bytes, struct err *err)
{
	size_t bytes = s ? strlen(s) : 0;
	if (bytes == 0 || bytes > max_bytes || !text_is_clean_utf8(s, bytes))
		return err_raise(err, FAULT_BAD_INPUT, "seal text", (long)bytes);
	return 0;
}

/* Ink past the last pixel of a row would let one seal have two encodings. */
static bool
seal_spare_bits_are_zero(const struct seal_row *s)
{
	size_t stride = (size_t)(s->width_px + 7) / 8;
	uint8_t spare = (uint8_t)(s->width_px % 8 ? 0xFF >> (s->width_px % 8) : 0);
	for (size_t y = 0; y < s->height_px; y++)
		if (s->bits[y * stride + stride - 1] & spare)
			return false;
	return true;
}

int
seal_row_check(const struct seal_row *s, struct err *err)
{
	if (s->rireki_no == 0)
		return err_raise(err, FAULT_BAD_INPUT, "history number", 0);
	if (s->state != SEAL_REGISTERED && s->state != SEAL_ABOLISHED)
		return err_raise(err, FAULT_BAD_INPUT, "seal state", (long)s->state);
	int r = seal_text_check(s->atena_no, 15, err);
	if (r == 0)
		r = seal_text_check(s->touroku_no, 60, err);
	if (r == 0)
		r = seal_text_check(s->touroku_on, 160, err);
	if (r)
		return err_trace(err, r, "seal_row_check");
	if (s->width_px < SEAL_MIN_PX || s->width_px > SEAL_MAX_PX)
		return err_raise(err, FAULT_BAD_INPUT, "seal width", s->width_px);
	if (s->height_px < SEAL_MIN_PX || s->height_px > SEAL_MAX_PX)
		return err_raise(err, FAULT_BAD_INPUT, "seal height", s->height_px);
	if (s->bits == NULL || !seal_spare_bits_are_zero(s))
		return err_raise(err, FAULT_BAD_INPUT, "seal image", 0);
	return 0;
}

void
seal_row_encode(const struct seal_row *s, struct buf *out)
{
	buf_u8(out, ROW_VERSION);
	buf_put(out, s->muni.s, 6);
	buf_u32(out, s->rireki_no);
	buf_u8(out, (uint8_t)s->state);
	buf_field16(out, s->atena_no, strlen(s->atena_no));
	buf_field16(out, s->touroku_no, strlen(s->touroku_no));
	buf_field16(out, s->touroku_on, strlen(s->touroku_on));
	buf_u16(out, s->width_px);
	buf_u16(out, s->height_px);
	buf_put(out, s->bits, seal_bits_bytes(s));
}

static const char *
decode_text(struct arena *a, struct rd *in)
{
	size_t bytes = 0;
	const uint8_t *p = rd_field16(in, &bytes);
	if (p == NULL || memchr(p, 0, bytes) != NULL)
		return NULL;
	return arena_strndup(a, (const char *)p, bytes);
}

int
seal_row_decode(struct arena *a, const void *p, size_t bytes, struct seal_row *ret, struct err *err)
{
	struct rd in = rd_init(p, bytes);
	struct seal_row s = { 0 };
	if (bytes > SEAL_ROW_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "row over its limit", (long)bytes);
	if (rd_u8(&in) != ROW_VERSION)
		return err_raise(err, FAULT_BAD_INPUT, "row version", 0);
	const char *muni = (const char *)rd_bytes(&in, 6);
	if (muni == NULL || !muni_parse(muni, 6, &s.muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality code", 0);
	s.rireki_no = rd_u32(&in);
	s.state = rd_u8(&in);
	s.atena_no = decode_text(a, &in);
	s.touroku_no = decode_text(a, &in);
	s.touroku_on = decode_text(a, &in);
	s.width_px = rd_u16(&in);
	s.height_px = rd_u16(&in);
	if (s.width_px > SEAL_MAX_PX || s.height_px > SEAL_MAX_PX)
		return err_raise(err, FAULT_BAD_INPUT, "seal size", s.width_px);
	const uint8_t *bits = rd_bytes(&in, seal_bits_bytes(&s));
	if (bits == NULL || !rd_done(&in))
		return err_raise(err, FAULT_BAD_INPUT, "seal image", 0);
	s.bits = arena_memdup(a, bits, seal_bits_bytes(&s));
	int r = seal_row_check(&s, err);
	if (r)
		return err_trace(err, r, "seal_row_decode");
	*ret = s;
	return 0;
}
