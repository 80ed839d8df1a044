/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resident - one row of the resident register and one seal registration, as
 * they travel in the stream and lie (sealed) in the replica.
 *
 * A row is a full snapshot keyed (団体コード, 宛名番号, 履歴番号); the highest
 * 履歴番号 is current; a cancellation is a further row
 * (住民記録システム標準仕様書 1.2.1).
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include <stdint.h>

enum resident_state { RESIDENT_REGISTERED = 1, RESIDENT_REMOVED = 2 /* 除票 */ };
enum resident_class { RESIDENT_JAPANESE = 1, RESIDENT_FOREIGN = 2 /* 外国人住民 */ };

enum resident_item {
#define ITEM(number, name, japanese, max) RESIDENT_ITEM_##name = number,
#include "domain/items.def"
#undef ITEM
	RESIDENT_ITEM_MAX = 35
};

/* A text field a item, NULL for 空欄; texts live in the arena they were parsed into. */
struct resident {
	struct muni_code muni;
	uint32_t rireki_no; /* 1, 2, 3 ... */
	enum resident_state state;
	enum resident_class class_;
	uint32_t narabi; /* 世帯内並び順, as the register gives it */
	union {
		struct {
#define ITEM(number, name, japanese, max) const char *name;
#include "domain/items.def"
#undef ITEM
		};
		const char *item[RESIDENT_ITEM_MAX]; /* item[number - 1] */
	};
};

struct resident_item_info {
	const char *name;     /* "name_kana" */
	const char *japanese; /* "氏名フリガナ" */
	unsigned max_chars;
};
/* @number 1..RESIDENT_ITEM_MAX; NULL for others. */
const struct resident_item_info *resident_item_info(unsigned number);
/* The number of a romaji item name, 0 when there is none. */
unsigned resident_item_find(const char *name);

/*
 * Tests a row's own rules: limits of length, clean UTF-8, the items that must
 * not be empty. Returns 0 or FAULT_BAD_INPUT (the trail names the item's number).
 */
MUST_USE int resident_check(const struct resident *r, struct err *err);

/* The stored form: canonical, one encoding per row. */
enum { RESIDENT_MAX_BYTES = 16384 };
void resident_encode(const struct resident *r, struct buf *out);
/* Returns 0 or FAULT_BAD_INPUT for anything resident_encode() would not have written. */
MUST_USE int resident_decode(
    struct arena *a, const void *p, size_t bytes, struct resident *ret, struct err *err);

/* 印鑑登録. */
enum seal_state { SEAL_REGISTERED = 1, SEAL_ABOLISHED = 2 };
enum { SEAL_DPI = 600, SEAL_MAX_PX = 591 /* 25 mm */, SEAL_MIN_PX = 189 /* 8 mm */ };
struct seal_row {
	struct muni_code muni;
	const char *atena_no;
	uint32_t rireki_no; /* the seal's own history */
	enum seal_state state;
	const char *touroku_no; /* 登録番号 */
	const char *touroku_on; /* 登録年月日, as recorded */
	uint16_t width_px;      /* at SEAL_DPI; SEAL_MIN_PX..SEAL_MAX_PX */
	uint16_t height_px;
	const uint8_t
	    *bits; /* rows of (width + 7) / 8 bytes, first pixel in the top bit, 1 = ink */
};
enum { SEAL_ROW_MAX_BYTES = 65536 };
static inline size_t
seal_bits_bytes(const struct seal_row *s)
{
	return (size_t)((s->width_px + 7) / 8) * s->height_px;
}
MUST_USE int seal_row_check(const struct seal_row *s, struct err *err);
void seal_row_encode(const struct seal_row *s, struct buf *out);
MUST_USE int seal_row_decode(
    struct arena *a, const void *p, size_t bytes, struct seal_row *ret, struct err *err);
