/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk - one inquiry from files to answer, for the site and the command alike:
 * the decoder, the inquiry keys in the token, the municipalities' public keys,
 * the standing of a number and the record that it was asked for.
 */
#pragma once
#include "center/inquiry/answer.h"
#include "center/inquiry/inquiry_conf.h"

struct desk;
/* Forks the decoder's template: call before any thread is started. 0 or a fault. */
MUST_USE int desk_open(const struct inquiry_conf *c, struct desk **ret, struct err *err);
void desk_close(struct desk *d); /* NULL is fine */

struct desk_ask {
	const struct decoder_file *files;
	unsigned n_files;
	const char *const *codes;
	unsigned n_codes;
	bool pictures;
};
struct desk_answer {
	json_t *json;             /* the caller's: json_decref */
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
/* Makes the inquiry key in the token and writes its public point: {"kid","point"}. 0 or a fault. */
MUST_USE int desk_init_key(const struct inquiry_conf *c, struct err *err);
