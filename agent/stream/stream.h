/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - the agent's loop: source to batcher to link, heartbeat each second,
 * and a fresh start from the server's position after any fault. It keeps
 * nothing: what was not acknowledged is still in the source.
 */
#pragma once
#include "agent/source/source.h"
#include "agent/stream/link.h"

#include <stdatomic.h>
#include <stdbool.h>

enum {
	STREAM_BEAT_MS = 1000,
	STREAM_SESSION_WAIT_MS = 5000, /* after another agent took the session */
};

/* How it goes, for who watches from another thread. */
struct stream_figures {
	_Atomic bool is_open;      /* a session with register and server */
	_Atomic int64_t acked_seq; /* the newest batch that the server has */
	_Atomic int64_t told_ms;   /* up to when the server was told that it has all; 0 = not yet */
	_Atomic uint64_t n_batches, n_records; /* acknowledged since the start */
	_Atomic uint64_t n_ended;              /* sessions that ended by a fault or a refusal */
};

struct stream {
	struct link link; /* muni, server, sync_key filled in */
	/* Opens the register after @position. */
	int (*open)(void *app, const char *position, struct source *ret, struct err *err);
	void *app;
	struct stream_figures figures; /* written here alone */
	const volatile bool *stop;     /* set by a signal handler; looked at once a second */
};
/* Runs until *stop. Logs what happens. */
void stream_run(struct stream *s);
/* One session, until a fault, an outcome, or *stop (0). *ret_good: it did something. */
MUST_USE int stream_session(struct stream *s, bool *ret_good, struct err *err);
