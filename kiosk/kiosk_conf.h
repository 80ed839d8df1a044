/* SPDX-License-Identifier: Apache-2.0 */
/* kiosk_conf - the configuration file of kofu-kiosk: section and key as in kiosk_conf.c. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "kiosk/app/engine.h"
#include <stdbool.h>
#include <stdint.h>

struct kiosk_conf {
	const char *id;
	int64_t port;
	const char *journal; /* folder */
	const char *token;   /* file, written at each start */
	const char *help_phone;
	bool pinpad_shuffle;
	const char *center_url;
	const char *center_url2; /* NULL = none */
	const char *cert, *key, *ca;
	const char *reader; /* NULL = any */
	bool telephones;    /* スマホ用電子証明書 is taken */
	const char *printer;
	const char *printer_pin; /* 64 hex digits; NULL with ipp:// */
	const char *till;
	int64_t waits_percent; /* of the time that a screen waits for the resident */
	const char *hall_muni, *hall_name, *hall_phone, *hall_open, *hall_close;
	bool hall_year_end;
	struct engine_hall hall; /* from these; muni.s empty: for every municipality */
	const char *voice_program;
	const char *recordings; /* folder; NULL = none */
};

/* Reads and checks it: form, TLS files readable, the journal's folder writable. 0 or FAULT_CONFIG,
 * with a message on stderr. */
MUST_USE int kiosk_conf_load(
    struct arena *a, const char *path, struct kiosk_conf *ret, struct err *err);
