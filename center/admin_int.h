/* SPDX-License-Identifier: Apache-2.0 */
/* admin_int - what the files of the operator's commands share. */
#pragma once
#include "center/center_conf.h"
#include "db/db.h"

enum { ADMIN_MAX_NAME = 64 };

struct admin_run {
	struct center_conf conf;
	struct db *db;
	int argc;
	char **argv; /* behind CONF */
};
/* argv of "MUNI --by A --by B" and "NODE --by A --by B": the two names as one text. */
void admin_by_two(const struct admin_run *x, char out[2 * ADMIN_MAX_NAME + 2]);

/* Each: 0, a fault, or ADMIN_E_REFUSED after saying why on stderr. */
enum { ADMIN_E_REFUSED = 1761, ADMIN_MAX_LISTED = 16 /* announcements of one municipality */ };
int admin_refuse(const char *what, const char *why);
bool admin_is_json(const struct admin_run *x); /* the one argument behind CONF is --json */
MUST_USE int admin_status(struct admin_run *x, struct err *err);
MUST_USE int admin_list_node(struct admin_run *x, struct err *err);
MUST_USE int admin_unlist_node(struct admin_run *x, struct err *err);
MUST_USE int admin_cut_node(struct admin_run *x, struct err *err);
MUST_USE int admin_admit_node(struct admin_run *x, struct err *err);
