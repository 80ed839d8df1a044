/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/upstream.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <string.h>

enum { UPSTREAM_CONNECT_MS = 2000 };

struct upstream {
	struct http_client *server[CENTER_MAX_SERVERS];
	unsigned n;
	atomic_uint first;
};

void
upstream_free(struct upstream *u)
{
	if (u == NULL)
		return;
	for (unsigned i = 0; i < u->n; i++)
		http_client_free(u->server[i]);
	mem_free(u);
}

static int
upstream_add(struct upstream *u, const struct center_conf *c, const char *url, struct err *err)
{
	if (u->n == CENTER_MAX_SERVERS)
		return err_raise(err, FAULT_CONFIG, "too many servers", u->n);
	const struct http_client_conf conf = {
		.base_url = url,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.peer_role = "server",
		.connect_timeout_ms = UPSTREAM_CONNECT_MS,
	};
	int r = http_client_new(&conf, &u->server[u->n], err);
	if (r)
		return err_fold(err, r, "server");
	u->n++;
	return 0;
}

int
upstream_new(const struct center_conf *c, const struct center_muni_conf *m, struct upstream **ret,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4096);
	AUTO(upstream) struct upstream *u = mem_zero(sizeof(*u));
	int r = 0;
	for (const char *s = m->servers; r == 0 && *s;) {
		size_t n = strcspn(s, " ");
		if (n > 0)
			r = upstream_add(u, c, arena_strndup(a, s, n), err);
		s += n + strspn(s + n, " ");
	}
	if (r == 0 && u->n == 0)
		r = err_raise(err, FAULT_CONFIG, "no server", 0);
	if (r)
		return r;
	*ret = TAKE(u);
	return 0;
}

void
upstream_tidy(struct upstream *u)
{
	for (unsigned i = 0; i < u->n; i++)
		http_client_tidy(u->server[i], HTTP_IDLE_MS);
}

int
upstream_ask(struct upstream *u, struct arena *a, const struct upstream_ask *q,
    struct http_reply *ret, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + q->timeout_ms;
	unsigned tries = q->idempotent ? u->n : 1;
	int r = err_raise(err, FAULT_TIMEOUT, "no time left", 0);
	for (unsigned i = 0; i < tries; i++) {
		unsigned at = atomic_load(&u->first);
		int64_t left_ms = until_ms - clock_mono_ms();
		if (left_ms <= 0)
			break;
		const struct http_ask ask = {
			.method = "POST",
			.path = q->path,
			.body = q->body,
			.body_bytes = q->body_bytes,
			.timeout_ms = (int)left_ms,
			.max_reply_bytes = q->max_reply_bytes,
		};
		r = http_ask(u->server[at % u->n], a, &ask, ret, err);
		if (r != FAULT_UNAVAILABLE)
			break;
		/* Only the one that saw it away moves on: others may have moved already. */
		(void)atomic_compare_exchange_strong(&u->first, &at, (at + 1) % u->n);
	}
	return err_trace(err, r, "upstream");
}
