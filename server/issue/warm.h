/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warm - the process that is forked once for each order, and the children it
 * becomes. It is a program of its own, kofu-warm, that main starts before any thread exists. It
 * opens and warms the fonts, prints a fictitious resident's paper once for nobody, knows the municipalities'
 * profiles, and afterwards does nothing but take one end of an order's socketpair, fork, and kill
 * children that outlive their deadline. A child sees one order, has no file system, no network and
 * no second thread, and ends. (Design section 5, I1 and I3.)
 */
#pragma once
#include "base/err.h"
#include "domain/profile.h"
#include "server/issue/render_wire.h"
#include <stdint.h>

enum { ISSUE_CHILD_CPU_S = 5, ISSUE_CHILD_MEMORY_BYTES = 1 << 30, WARM_MAX_CHILDREN = 64 };

struct warm {
	int fd;  /* SOCK_SEQPACKET to the template */
	int pid; /* of the template */
};

struct warm_conf {
	const char *fonts_manifest;
	const struct profile *profiles; /* kept by the template as they are at its start */
	unsigned n_profiles;
	bool busy; /* many orders a second: worth the fonts in memory of its own (render_fonts_hold)
		    */
	const char *program; /* kofu-warm; NULL: beside the running program */
};
/*
 * Starts it and waits until the fonts are open. Call before any thread is made.
 * Returns 0, what opening the fonts returned there (FAULT_*), or FAULT_INTERNAL when there is no
 * such program or it is of another build.
 */
MUST_USE int warm_start(const struct warm_conf *c, struct warm *ret, struct err *err);
void warm_stop(struct warm *w); /* kills and reaps it */

/*
 * One order: a fresh child renders @request (render_wire) and its answer's
 * bytes come into @out (its limit at least RENDER_WIRE_MAX_BYTES). Any thread
 * may call. Returns 0, FAULT_TIMEOUT after @timeout_ms (the child is killed,
 * what it may have said is dropped), FAULT_UNAVAILABLE (no template, too many
 * children, or the child died).
 */
MUST_USE int warm_render(const struct warm *w, const struct buf *request, int timeout_ms,
    struct buf *out, struct err *err);

/*
 * The walls of a child that reads and writes @fd alone, worked out once for all
 * children. Returns 0 or FAULT_INTERNAL.
 */
struct wall;
void wall_free(struct wall *w); /* NULL is fine */
DEFINE_AUTO(wall)
MUST_USE int wall_make(int fd, struct wall **ret, struct err *err);
/* Drops everything but reading, writing and memory, for good. FAULT_INTERNAL on failure. */
MUST_USE int wall_enter(const struct wall *w, struct err *err);

/*
 * What a child does between its walls: answer @request. 0 or a fault; @out is
 * the answer, what was needed on the way is left in @a.
 */
struct render_fonts;
MUST_USE int worker_render(struct arena *a, struct render_fonts *f, const struct profile *profiles,
    unsigned n_profiles, const struct buf *request, struct buf *out, struct err *err);
