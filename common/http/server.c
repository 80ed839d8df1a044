/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread a connection (at most conf.connections), so that a handler
 * that waits holds up nobody else's heartbeat; at most conf.threads handlers
 * run at once.
 */
#include "http/server.h"
#include "base/file.h"
#include "base/mem.h"
#include "http/http_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HTTP_BACKLOG = 128,
	HTTP_HEADERS_MAX_BYTES = 32 * 1024,
	HTTP_WORKERS = 4,
	HTTP_WAITING_A_WORKER = 4,  /* requests; the next is told that we are busy */
	HTTP_SPARE_CONNECTIONS = 8, /* over the limit, for http_on_accept() to refuse */
	HTTP_DRAIN_S = 30,
	HTTP_PEM_MAX_BYTES = 256 * 1024
};

/* CRYPTREC's list: AES-GCM, P-256 and P-384, ECDSA and RSA signatures. */
static const char HTTP_TLS[] =
    "NONE:+VERS-TLS1.3:+AES-256-GCM:+AES-128-GCM:+AEAD:+GROUP-SECP256R1:+GROUP-SECP384R1:"
    "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:"
    "+SIGN-ECDSA-SHA256:+SIGN-RSA-SHA256:%SERVER_PRECEDENCE";

uint16_t
http_server_port(const struct http_server *s)
{
	return s->port;
}

static int
server_address(const struct http_server_conf *c, struct sockaddr_storage *ret, socklen_t *ret_bytes,
    struct err *err)
{
	const char *text = c->address ? c->address : "127.0.0.1";
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(c->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(c->port) };
	bool loopback;
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof(v4));
		*ret_bytes = sizeof(v4);
		loopback = ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	} else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof(v6));
		*ret_bytes = sizeof(v6);
		loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
	} else {
		return err_raise(err, FAULT_CONFIG, "listen address", 0);
	}
	if (c->cert_path == NULL && !loopback)
		return err_raise(err, FAULT_CONFIG, "plain HTTP beyond loopback", 0);
	return 0;
}

static int
server_listen(struct http_server *s, const struct http_server_conf *c, struct err *err)
{
	struct sockaddr_storage at;
	socklen_t bytes = 0;
	const int one = 1;
	int r = server_address(c, &at, &bytes, err);
	if (r)
		return r;
	s->listen_fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0 ||
	    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(s->listen_fd, (struct sockaddr *)&at, bytes) != 0 ||
	    listen(s->listen_fd, HTTP_BACKLOG) != 0 ||
	    getsockname(s->listen_fd, (struct sockaddr *)&at, &bytes) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "listen", errno);
	/* sin_port and sin6_port stand in one place. */
	s->port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	return 0;
}

static int
server_pem(struct http_server *s, const char *path, const char **ret, struct err *err)
{
	uint8_t *p = NULL;
	size_t n = 0;
	if (path == NULL)
		return 0;
	if (file_read(s->arena, path, HTTP_PEM_MAX_BYTES, &p, &n, err) != 0)
		return err_raise(err, FAULT_CONFIG, "certificate or key file", 0);
	*ret = (const char *)p;
	return 0;
}

static int
server_daemon(struct http_server *s, const struct http_server_conf *c, struct err *err)
{
	const char *key = NULL;
	const char *cert = NULL;
	const char *trust = NULL;
	int r = server_pem(s, c->key_path, &key, err);
	if (r == 0)
		r = server_pem(s, c->cert_path, &cert, err);
	if (r == 0)
		r = server_pem(s, c->ca_path, &trust, err);
	if (r)
		return err_trace(err, r, "http");
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HTTP_TLS },
		{ s->want_client_cert ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
		    (void *)(uintptr_t)trust },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_POLL | MHD_USE_ITC | (s->tls ? MHD_USE_TLS : 0);
	s->daemon = MHD_start_daemon(flags, s->port, http_on_accept, s, http_on_request, s,
	    MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	    s->max_conns + HTTP_SPARE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)HTTP_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)HTTP_HEADERS_MAX_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_UNESCAPE_CALLBACK, http_no_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
	    http_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, s,
	    MHD_OPTION_ARRAY, s->tls ? tls : none, MHD_OPTION_END);
	if (s->daemon == NULL)
		return err_raise(err, s->tls ? FAULT_CONFIG : FAULT_UNAVAILABLE, "http server", 0);
	return 0;
}

static int
conf_check(const struct http_server_conf *c, const struct http_route *routes, size_t n_routes,
    struct err *err)
{
	if ((c->cert_path == NULL) != (c->key_path == NULL))
		return err_raise(err, FAULT_CONFIG, "certificate without key", 0);
	if (c->want_client_cert && (c->cert_path == NULL || c->ca_path == NULL))
		return err_raise(err, FAULT_CONFIG, "client certificates without CA", 0);
	for (size_t i = 0; i < n_routes; i++)
		if (routes[i].max_body_bytes > HTTP_ARENA_BYTES / 2)
			return err_raise(err, FAULT_CONFIG, "body limit of a route", (long)i);
	return 0;
}

static struct http_server *
server_new(
    const struct http_server_conf *c, const struct http_route *routes, size_t n_routes, void *app)
{
	struct http_server *s = mem_zero(sizeof(*s));
	s->arena = arena_new((size_t)4 * HTTP_PEM_MAX_BYTES);
	s->routes = routes;
	s->n_routes = n_routes;
	s->app = app;
	s->listen_fd = -1;
	s->tls = c->cert_path != NULL;
	s->want_client_cert = c->want_client_cert;
	s->head_ms = (int)(c->head_s ? c->head_s : HTTP_TIMEOUT_S) * 1000;
	s->csp = arena_strdup(s->arena, c->csp ? c->csp : "default-src 'none'");
	if (c->host_check != NULL) {
		s->host_check = arena_strdup(s->arena, c->host_check);
		s->origin_check =
		    arena_printf(s->arena, "%s://%s", s->tls ? "https" : "http", c->host_check);
	}
	const unsigned workers = c->threads ? c->threads : HTTP_WORKERS;
	(void)sem_init(&s->workers, 0, workers);
	s->max_waiting = HTTP_WAITING_A_WORKER * workers;
	s->max_conns = c->connections ? c->connections : HTTP_MAX_CONNECTIONS;
	(void)pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->idle, &attr);
	(void)pthread_cond_init(&s->watch_wakes, &attr);
	(void)pthread_condattr_destroy(&attr);
	return s;
}

int
http_server_start(const struct http_server_conf *c, const struct http_route *routes,
    size_t n_routes, void *app, struct http_server **ret, struct err *err)
{
	int r = conf_check(c, routes, n_routes, err);
	if (r)
		return err_trace(err, r, "http");
	mem_share_pools();
	struct http_server *s = server_new(c, routes, n_routes, app);
	r = server_listen(s, c, err);
	if (r == 0)
		r = http_patience_start(s, err);
	if (r == 0)
		r = server_daemon(s, c, err);
	if (r) {
		http_server_stop(s);
		return err_trace(err, r, "http");
	}
	*ret = s;
	return 0;
}

/* No new connection; what is being answered gets HTTP_DRAIN_S to end. */
static void
server_drain(struct http_server *s)
{
	struct timespec until;
	int late = 0;
	atomic_store(&s->draining, true);
	(void)MHD_quiesce_daemon(s->daemon);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += HTTP_DRAIN_S;
	(void)pthread_mutex_lock(&s->lock);
	while (s->n_calls > 0 && late == 0)
		late = pthread_cond_timedwait(&s->idle, &s->lock, &until);
	(void)pthread_mutex_unlock(&s->lock);
	MHD_stop_daemon(s->daemon);
}

void
http_server_stop(struct http_server *s)
{
	if (s == NULL)
		return;
	if (s->daemon != NULL)
		server_drain(s);
	http_patience_stop(s);
	fd_close(s->listen_fd);
	(void)sem_destroy(&s->workers);
	(void)pthread_cond_destroy(&s->idle);
	(void)pthread_cond_destroy(&s->watch_wakes);
	(void)pthread_mutex_destroy(&s->lock);
	arena_free(s->arena);
	mem_free(s);
}
