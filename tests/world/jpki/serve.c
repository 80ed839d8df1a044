/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The responder: POST (any path) is OCSP, GET /crl/<key>.crl is the CRL of now.
 * "status" and "fault" are read anew for each request, so a revocation counts at
 * once and a test can change the responder's behaviour while it runs.
 */
#include "tests/world/jpki/jpki.h"

#include "base/text.h"
#include "tests/world/tool/tool.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct responder {
	const struct jpki_serve *s;
	struct jpki_ca cas[JPKI_N_KEYS];
};

static void
serve_nap_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&t, &t) != 0)
		;
}

/* "fault" in the folder, one word or "slow N", goes before the command line. */
static enum jpki_fault
serve_fault(struct arena *a, const struct jpki_serve *s, long *ret_slow_ms)
{
	size_t bytes = 0;
	uint64_t slow = 0;
	enum jpki_fault fault = s->fault;
	char *w = (char *)tool_read_maybe(a, tool_path(a, s->dir, "fault"), &bytes);
	*ret_slow_ms = s->slow_ms;
	if (w == NULL)
		return fault;
	w[strcspn(w, "\n")] = '\0';
	if (strncmp(w, "slow ", 5) == 0 && text_u64_parse(w + 5, strlen(w + 5), 600000, &slow)) {
		*ret_slow_ms = (long)slow;
		return fault;
	}
	(void)jpki_fault_parse(w, &fault);
	return fault;
}

static enum MHD_Result
serve_reply(struct MHD_Connection *conn, unsigned code, const char *type, const struct buf *b)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
	    b ? b->bytes : 0, b ? b->p : NULL, MHD_RESPMEM_MUST_COPY);
	if (type != NULL)
		(void)MHD_add_response_header(resp, "Content-Type", type);
	enum MHD_Result r = MHD_queue_response(conn, code, resp);
	MHD_destroy_response(resp);
	return r;
}

static enum MHD_Result
serve_crl(struct responder *rs, struct MHD_Connection *conn, const char *file, bool stale)
{
	AUTO(arena) struct arena *a = arena_new(JPKI_ARENA_BYTES);
	struct jpki_certs certs;
	struct buf der;
	for (int k = 0; k < JPKI_N_KEYS; k++) {
		const struct jpki_ca *ca = &rs->cas[k];
		if (!text_equal(file, arena_printf(a, "%s.crl", jpki_key_name(ca->hier, ca->gen))))
			continue;
		jpki_status_load(a, rs->s->dir, &certs);
		buf_init(&der, 32 << 20);
		jpki_crl_make(ca, &certs, stale, &der);
		enum MHD_Result r = serve_reply(conn, MHD_HTTP_OK, "application/pkix-crl", &der);
		buf_done(&der);
		return r;
	}
	return serve_reply(conn, MHD_HTTP_NOT_FOUND, NULL, NULL);
}

static enum MHD_Result
serve_ocsp(struct responder *rs, struct MHD_Connection *conn, const struct buf *body,
    enum jpki_fault fault)
{
	AUTO(arena) struct arena *a = arena_new(JPKI_ARENA_BYTES);
	struct jpki_certs certs;
	struct buf der;
	buf_init(&der, JPKI_OCSP_REQUEST_MAX_BYTES);
	jpki_status_load(a, rs->s->dir, &certs);
	if (fault == JPKI_FAULT_GARBAGE)
		buf_text(&der, "<html>under maintenance</html>");
	else
		jpki_ocsp_answer(rs->cas, &certs, fault, body->p, body->bytes, &der);
	enum MHD_Result r = serve_reply(conn, MHD_HTTP_OK, "application/ocsp-response", &der);
	buf_done(&der);
	return r;
}

static enum MHD_Result
serve_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *data, size_t *data_bytes, void **req)
{
	struct responder *rs = cls;
	struct buf *body = *req;
	long slow_ms = 0;
	(void)version;
	if (body == NULL) {
		*req = body = calloc(1, sizeof(*body));
		if (body != NULL)
			buf_init(body, JPKI_OCSP_REQUEST_MAX_BYTES);
		return body != NULL ? MHD_YES : MHD_NO;
	}
	if (*data_bytes > 0) {
		buf_put(body, data, *data_bytes);
		*data_bytes = 0;
		return MHD_YES;
	}
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	enum jpki_fault fault = serve_fault(a, rs->s, &slow_ms);
	serve_nap_ms(slow_ms);
	if (fault == JPKI_FAULT_SILENT)
		for (;;) /* only this connection's thread */
			serve_nap_ms(1000);
	if (strcmp(method, "GET") == 0 && strncmp(url, "/crl/", 5) == 0)
		return serve_crl(rs, conn, url + 5, fault == JPKI_FAULT_STALE);
	if (strcmp(method, "POST") != 0)
		return serve_reply(conn, MHD_HTTP_NOT_FOUND, NULL, NULL);
	if (!buf_ok(body))
		return serve_reply(conn, MHD_HTTP_CONTENT_TOO_LARGE, NULL, NULL);
	return serve_ocsp(rs, conn, body, fault);
}

static void
serve_completed(
    void *cls, struct MHD_Connection *conn, void **req, enum MHD_RequestTerminationCode why)
{
	struct buf *body = *req;
	(void)cls;
	(void)conn;
	(void)why;
	if (body == NULL)
		return;
	buf_done(body);
	free(body);
}

void
jpki_serve(struct arena *a, const struct jpki_serve *s)
{
	struct responder rs = { .s = s };
	unsigned port = 0;
	sigset_t ends;
	int sig = 0;
	for (int k = 0; k < JPKI_N_KEYS; k++)
		jpki_ca_load(
		    a, s->dir, (enum jpki_hier)(k / JPKI_N_GENS), k % JPKI_N_GENS + 1, &rs.cas[k]);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL); /* before any thread, so that all have it */
	int fd = tool_listen(s->port, &port);
	struct MHD_Daemon *d =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
		NULL, NULL, serve_request, &rs, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, serve_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
		256U, MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_END);
	if (d == NULL)
		tool_die("cannot serve");
	const char *line = arena_printf(a, "%u\n", port);
	if (s->port_file != NULL)
		tool_write(s->port_file, line, strlen(line), 0644);
	printf("listening 127.0.0.1:%u\n", port);
	fflush(stdout);
	sigwait(&ends, &sig);
	_exit(0); /* a silent connection's thread would never be joined */
}
