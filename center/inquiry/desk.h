/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk - one inquiry from files to answer, for the site and the command alike:
 * the decoder, the inquiry keys in the token, the municipalities' public keys,
 * the standing of a number and the record that it was asked for.
 */
#pragma once
#include "center/inquiry/inquiry_conf.h"
#include "center/inquiry/record.h"

enum { DESK_ID_CHARS = 20 };

struct desk;
/* Forks the decoder's template: call before any thread is started. 0 or a fault. */
MUST_USE int desk_open(const struct inquiry_conf *c, struct desk **ret, struct err *err);
void desk_close(struct desk *d); /* NULL is fine */
/* Now and then, also when nobody asks: roots that come and go are seen in their turn. */
void desk_watch(struct desk *d);

struct desk_ask {
	const struct decoder_file *files;
	unsigned n_files;
	const char *const *codes;
	unsigned n_codes;
	bool pictures, report, opened;
	const char *id; /* desk_new_id(), or of the request that this one repeats */
	int64_t at_ms;
	int wait_ms;                /* for a decoder; then DECODER_E_BUSY */
	struct decoder_watch watch; /* told of each page; may be empty */
};
struct desk_answer {
	json_t *json;          /* the caller's: json_decref */
	const uint8_t *report; /* PDF when it was asked for, in the arena */
	size_t report_bytes;
	enum check_verdict worst; /* altered before undecided before match */
};
/*
 * Any thread may call. Returns 0, LOAD_E_*, DECODER_E_*, or a fault; without
 * the standing of a number no answer is given (FAULT_UNAVAILABLE).
 */
MUST_USE int desk_check(struct desk *d, struct arena *a, const struct desk_ask *q,
    struct desk_answer *ret, struct err *err);
/* The standing of a number, without asking being remembered. 0 or a fault. */
MUST_USE int desk_standing(
    struct desk *d, struct arena *a, const char *number, struct standing *ret, struct err *err);
/* A fresh inquiry number. */
void desk_new_id(char ret[DESK_ID_CHARS + 1]);
/* Is this bank's key in force? 0, RECORD_E_NO_KEY or a fault. */
MUST_USE int desk_key_check(
    struct desk *d, const struct apikey *key, unsigned *ret_per_minute, struct err *err);
/* See record_request_claim(). */
MUST_USE int desk_request_claim(struct desk *d, struct record_request *r, struct err *err);
