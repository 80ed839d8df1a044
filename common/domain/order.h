/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order - what a resident asks for, as the kiosk signs it. Parsed and checked
 * by center and server alike; docs/PROTOCOL.md section 4.
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "pki/key.h"
#include <stdbool.h>
#include <stdint.h>

enum doc_kind {
	DOC_JUMINHYO = 1, /* 住民票の写し */
	DOC_INKAN = 2,    /* 印鑑登録証明書 */
	DOC_KISAI = 3,    /* 住民票記載事項証明書 */
};
enum { DOC_KIND_MAX = DOC_KISAI };
/* "juminhyo", "inkan", "kisai"; NULL for others. */
const char *doc_kind_name(enum doc_kind k);
/* As it stands at the head of the paper; NULL for others. */
const char *doc_kind_title(enum doc_kind k);
/*
 * True for what is made of the household's rows: it has a scope and options to
 * choose and stands on the forms of the 住民票. 印鑑 is the holder's alone.
 */
bool doc_kind_is_record(enum doc_kind k);
/* Returns 0 for a name that is none. */
enum doc_kind doc_kind_find(const char *name);

/* Items of a 住民票 that are left out unless asked for (標準仕様書 5.1). */
enum order_option {
	ORDER_SETAINUSHI = 1u << 0, /* 世帯主・続柄 */
	ORDER_HONSEKI = 1u << 1,    /* 本籍・筆頭者 */
	ORDER_KOJIN_NO = 1u << 2,   /* 個人番号 */
	ORDER_JUMIN_CODE = 1u << 3, /* 住民票コード */
	ORDER_KOKUSEKI = 1u << 4,   /* 国籍・地域 */
	ORDER_ZAIRYU = 1u << 5, /* 30条の45区分, 在留資格, 期間, 満了日, カード番号 */
};
enum { ORDER_OPTIONS_ALL = 0x3F };
/* "setainushi", ... for one bit; NULL for others. */
const char *order_option_name(unsigned bit);
/* The bit of a name, 0 when there is none. */
unsigned order_option_find(const char *name);

enum order_scope { ORDER_SELF = 1, ORDER_HOUSEHOLD = 2 /* 世帯全員 */, ORDER_PART = 3 };

enum {
	ORDER_MAX_BYTES = 8192,
	ORDER_MAX_COPIES = 10,
	ORDER_MAX_FEE_YEN = 10000,
	ORDER_MAX_PERSONS = 40,
	ORDER_MAX_KEYS = 8,
	ORDER_ID_BYTES = 16,
	PERSON_REF_BYTES = 16
};
struct order_id {
	uint8_t b[ORDER_ID_BYTES];
};
/* A person within one municipality: the keyed hash of the 宛名番号. */
struct person_ref {
	uint8_t b[PERSON_REF_BYTES];
};

struct order {
	struct order_id id;
	uint8_t transcript[32]; /* SHA-256 of the session transcript */
	struct muni_code muni;
	enum doc_kind kind;
	enum order_scope scope;
	unsigned n_persons; /* ORDER_PART only */
	struct person_ref persons[ORDER_MAX_PERSONS];
	unsigned options; /* bits of enum order_option; 0 for DOC_INKAN */
	unsigned copies;  /* 1..ORDER_MAX_COPIES */
	unsigned fee_yen; /* of a copy, as it was offered; 0..ORDER_MAX_FEE_YEN */
	/* The municipality's signing keys that the kiosk pinned: by one of them its answer is to
	 * be signed. 0 = an earlier kiosk, which does not say. */
	unsigned n_keys;
	struct key_id keys[ORDER_MAX_KEYS];
	int64_t at_ms;
};

/*
 * The JSON of docs/PROTOCOL.md section 4: each member once, no others.
 * Returns 0 or FAULT_BAD_INPUT.
 */
MUST_USE int order_parse(const void *json, size_t bytes, struct order *ret, struct err *err);
/* Writes that JSON; the inverse of order_parse(). */
void order_format(const struct order *o, struct buf *out);
