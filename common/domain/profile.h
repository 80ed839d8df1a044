/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile - what varies by municipality: names, mayor, texts, fees, hours.
 * A JSON file a municipality, read by kofu-server; the center is told the
 * public part (names, kinds, options, fees, hours).
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "domain/order.h"
#include <stdbool.h>

struct form; /* server/render/form.h */

enum profile_form { PROFILE_RENKI = 1 /* 世帯連記式, 4 a page */, PROFILE_KOJIN = 2 /* 個人票 */ };

struct profile_hours {
	int open_minute;      /* minutes after midnight, Japan */
	int close_minute;     /* exclusive; 1440 = midnight */
	bool closed_year_end; /* 12/29 .. 1/3 */
};
struct profile_kind {
	bool offered;
	unsigned fee_yen;
	unsigned options; /* bits of enum order_option that may be asked for */
	struct profile_hours hours;
	const char *ninsho_all;  /* 認証文; for 住民票 of the whole household */
	const char *ninsho_part; /* for a part */
};
/* The copy-evident ground (backside/ground.h); the municipality's name stands along its top. */
struct profile_ground {
	int balance; /* more or less of the fine dots, by the kiosks' printers */
};
enum {
	PROFILE_MAX_BYTES = 262144,
	PROFILE_SEAL_MAX_PX = 591, /* 25 mm at 600 dpi */
	PROFILE_GROUND_MAX_BALANCE = 6,
	PROFILE_MIN_RETENTION_DAYS = 30,
	PROFILE_MAX_RETENTION_DAYS = 54787,
	PROFILE_MIN_STOP_S = 600,
	PROFILE_MAX_STOP_S = 604800,
};
struct profile {
	struct muni_code muni;
	const char *prefecture;  /* 都道府県名 */
	const char *name;        /* 市区町村名 */
	const char *mayor_title; /* 長: stands behind the name, 架空市長 */
	const char *mayor;       /* 氏名 */
	const char *dairi;       /* 職務代理者 and the days it holds; NULL = none */
	struct civil_date dairi_from, dairi_to;
	enum profile_form form;
	const char *window_phone;               /* 市区町村窓口 shown with refusals */
	const char *inquiry_url;                /* printed in the front's QR */
	uint16_t koin_width_px, koin_height_px; /* 公印, 1 = ink, at 600 dpi */
	const uint8_t *koin_bits;
	/* 0 = the server's defaults. */
	int64_t retention_days; /* who was removed is erased after so many; 30..54787 */
	int64_t stop_behind_s;  /* the register's news so old: a stop; 600..604800 */
	const struct profile_ground *ground;         /* NULL: plain paper */
	struct profile_kind kinds[DOC_KIND_MAX + 1]; /* by enum doc_kind; [0] unused */
	/* A kind's own description (JSON), NULL = one of ours; and what form_assign() made of it.
	 */
	const char *form_texts[DOC_KIND_MAX + 1];
	const struct form *forms[DOC_KIND_MAX + 1];
	/* Both of ours for the 住民票, by enum profile_form, to choose from (imprint.h). */
	const struct form *record_forms[PROFILE_KOJIN + 1];
};

/* Returns 0 or FAULT_CONFIG (the trail names the member). */
MUST_USE int profile_parse(
    struct arena *a, const void *json, size_t bytes, struct profile *ret, struct err *err);
/* Persons a page of @kind here: 4 on the 世帯連記式, else 1. */
unsigned profile_slots(const struct profile *p, enum doc_kind kind);
/* True when @kind may be asked for at this instant. */
/* "08:30", "17:15" ("24:00" closes at midnight). False when that is no span of a day. */
bool profile_hours_parse(const char *open, const char *close, struct profile_hours *ret);
bool profile_hours_are_open(const struct profile_hours *h, int64_t now_ms);
bool profile_is_open(const struct profile *p, enum doc_kind kind, int64_t now_ms);
