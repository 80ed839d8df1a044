/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal/change - one command's hold of a municipality's keys: the folder locked, the token open,
 * roots and directory read; and both files written. The files go to center and inquiry;
 * kofu-seal's workers see them by themselves.
 */
#pragma once
#include "server/seal/root.h"

struct change {
	struct arena *a;
	const struct seal_conf *conf;
	struct token *token;
	struct muni_code muni;
	struct root_set roots;
	struct keydir dir;
	int64_t now_ms;
	int lock;
};
/* 0 or a fault; change_close() in either case. */
MUST_USE int change_open(struct change *x, struct arena *a, const struct seal_conf *c,
    const char *muni, int64_t now_ms, struct err *err);
void change_close(struct change *x);
/* The directory by each of @roots, then the roots' file where it says something else. 0 or a
 * fault. */
MUST_USE int change_write(struct change *x, struct err *err);
/* A number behind a command; 0 for what is none, or over KEYDIR_MAX_KEYS. */
unsigned change_number(const char *s);
