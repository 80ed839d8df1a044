/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "server/admin/admin_int.h"
#include "server/admin/rotate.h"
#include "server/admin/tenant_db.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROTATE_COMMAND_ARENA_BYTES = 4 * 1024 * 1024, ROTATE_MAX_ROWS_S = 1000000 };

struct asked {
	int64_t announce_s, rows_s;
};

static bool
number_of(const char *text, long min, long max, int64_t *ret)
{
	char *end = NULL;
	long v = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

static bool
options_read(int argc, char **argv, struct asked *q)
{
	static const struct option longs[] = {
		{ "announce-s", required_argument, NULL, 'a' },
		{ "rows-s", required_argument, NULL, 'r' },
		{ 0 },
	};
	*q = (struct asked){ ROTATE_DEFAULT_ANNOUNCE_S, RESEAL_DEFAULT_ROWS_S };
	optind = 1;
	bool ok = true;
	for (int c; ok && (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (c == 'a')
			ok = number_of(optarg, ROTATE_MIN_ANNOUNCE_S, 86400, &q->announce_s);
		else
			ok = c == 'r' && number_of(optarg, 1, ROTATE_MAX_ROWS_S, &q->rows_s);
	}
	return ok && optind == argc;
}

/* A line a step: whoever drives this sees where it is. */
static void
say(const struct rotate *x, const char *step, unsigned generation)
{
	printf("%s %s %u\n", x->muni.s, step, generation);
	(void)fflush(stdout);
}

/* Until everybody who serves has looked at the keys. */
static void
announce(const struct rotate *x, const struct asked *q)
{
	int64_t left_ms = x->made_ms + q->announce_s * 1000 - clock_now_ms();
	if (left_ms > q->announce_s * 1000)
		left_ms = q->announce_s * 1000; /* a clock that was set back */
	if (left_ms > 0) {
		const struct timespec t = { .tv_sec = left_ms / 1000,
			.tv_nsec = left_ms % 1000 * 1000000 };
		(void)nanosleep(&t, NULL);
	}
}

static int
steps(struct rotate *x, const struct asked *q, struct err *err)
{
	int r = 0;
	if (x->at == ROTATE_IDLE) {
		r = rotate_make(x, clock_now_ms(), err);
		if (r == 0)
			say(x, "made", x->generation + 1);
	} else {
		say(x, "goes-on", x->at == ROTATE_MADE ? x->generation + 1 : x->generation);
	}
	if (r == 0 && x->at == ROTATE_MADE) {
		announce(x, q);
		r = rotate_use(x, clock_now_ms(), err);
		if (r == 0)
			say(x, "used", x->generation);
	}
	if (r == 0)
		r = rotate_seal(x, err);
	if (r == 0) {
		say(x, "sealed", x->generation);
		r = rotate_retire(x, clock_now_ms(), err);
	}
	if (r == 0)
		say(x, "retired", x->generation - 1);
	return r;
}

static int
refuse(const struct rotate *x, int r, const struct err *err)
{
	switch (r) {
	case ROTATE_E_BUSY:
		return admin_refused("key rotate-data", "another one is doing it");
	case ROTATE_E_FULL:
		return admin_refused("key rotate-data", "there were 64 generations");
	case ROTATE_E_WRITES:
		return admin_refused("key rotate-data",
		    "somebody writes without an end (an import?): again when it is over");
	case ROTATE_E_LEFT:
	case RESEAL_E_LEFT:
		fprintf(stderr,
		    "kofu-server: key rotate-data: %s has rows under the earlier key%s; "
		    "that one stays. Run it again\n",
		    x->reseal.table,
		    r == RESEAL_E_LEFT ? " still (the audit's wait for their sealer)" : "");
		return EXIT_FAULT;
	case RESEAL_E_UNREAD:
		fprintf(stderr,
		    "kofu-server: key rotate-data: %s has a row that no key opens; the "
		    "earlier key stays. Reconcile, then run it again\n",
		    x->reseal.table);
		return EXIT_FAULT;
	default:
		return admin_failed(r, "key rotate-data", err);
	}
}

/* argv: "rotate-data", CONF, MUNI, options. */
int
admin_command_rotate_data(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(ROTATE_COMMAND_ARENA_BYTES);
	const struct admin_muni_conf *section = NULL;
	struct admin_conf conf;
	struct asked q;
	struct err err = { 0 };
	struct rotate x = { 0 };
	if (argc < 3 || !options_read(argc - 2, argv + 2, &q))
		return admin_usage(ADMIN_USAGE_KEY);
	int r = admin_conf_load(a, argv[1], &conf, &err);
	if (r == 0)
		r = admin_conf_muni(&conf, argv[2], &section, &x.muni, &err);
	if (r == 0)
		r = tenant_db_open(&conf, x.muni, &x.db, &err);
	if (r)
		return refuse(&x, r, &err);
	x.socket = conf.seal_socket;
	x.reseal = (struct reseal){ .rows_s = q.rows_s, .out = stdout };
	r = rotate_open(&x, &err);
	if (r == 0)
		r = steps(&x, &q, &err);
	rotate_close(&x);
	db_close(x.db);
	return r ? refuse(&x, r, &err) : 0;
}
