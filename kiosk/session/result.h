/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result - how a session ends, one row a cause: stable code, key of the texts
 * for resident and clerk, next step, exit status of `kofu-kiosk issue`.
 */
#pragma once
#include "base/attr.h"
#include <stddef.h>

enum result {
#define RESULT(name, code, group, text, next) RESULT_##name,
#include "kiosk/session/result.def"
#undef RESULT
	RESULT_N
};

/* The group is the exit status of `kofu-kiosk issue`. */
enum result_group {
	RESULT_GROUP_NONE = 0,
	RESULT_GROUP_CENTER = 10,  /* center or server said no */
	RESULT_GROUP_CARD = 11,    /* card or reader */
	RESULT_GROUP_PIN = 12,     /* wrong or locked */
	RESULT_GROUP_NETWORK = 13, /* no way to the center */
	RESULT_GROUP_ANSWER = 14,  /* an answer that is not ours, or came too late */
	RESULT_GROUP_PRINT = 15,
	RESULT_GROUP_PAY = 16,
	RESULT_GROUP_RESIDENT = 17, /* cancelled, timed out */
	RESULT_GROUP_KIOSK = 18     /* a bug */
};

enum result_next {
	RESULT_NEXT_NOTHING,
	RESULT_NEXT_AGAIN,  /* start again here */
	RESULT_NEXT_LATER,  /* at another time, or at another kiosk */
	RESULT_NEXT_WINDOW, /* the municipality's window; its phone number is shown */
	RESULT_NEXT_CLERK   /* the shop's clerk */
};

struct result_info {
	const char *code; /* "card-revoked" */
	const char *text; /* key of the texts */
	enum result_group group;
	enum result_next next;
};

/* Never NULL; a number that is no result gives RESULT_FAULT's row. */
const struct result_info *result_info(enum result r);
/* "nothing", "again", "later", "window", "clerk". */
const char *result_next_name(enum result_next n);
/* The result of a code that came from the center (problem+json): RESULT_REFUSED for one that we do
 * not know, so that a new refusal is still a refusal. */
enum result result_from_center(const char *code);
