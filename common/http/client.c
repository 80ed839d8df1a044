/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/tls.h"
#include "wire/js.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum {
	HTTP_CLIENT_HANDLES = 16, /* requests at once over one client */
	HTTP_CONNECT_MS = 3000,
	HTTP_ASK_MS = 15000,
	HTTP_REPLY_BYTES = 1024 * 1024,
	HTTP_REPLY_MAX_BYTES = 256 * 1024 * 1024,
	HTTP_URL_MAX_BYTES = 2048,
	HTTP_EXPECT_MAX_BYTES = 1024 * 1024 /* room made for a reply at once */
};

struct http_client {
	char *base_url;
	struct tls_files *files; /* NULL: plain HTTP */
	char *peer_role;
	bool (*peer_ok)(void *arg, const char *name);
	void *peer_arg;
	int connect_timeout_ms;
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct idle {
		CURL *e;
		int64_t since_ms;
	} idle[HTTP_CLIENT_HANDLES]; /* a stack: the last used has the warmest connection */
	unsigned n_idle;
	unsigned n_all;
};

static void
client_once(void)
{
	struct sigaction now;
	/* A peer that hangs up is an error code here, not the end of the process. */
	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		(void)signal(SIGPIPE, SIG_IGN);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *
client_copy(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

static bool
url_is_loopback(const char *url)
{
	static const char *const ours[] = { "http://127.0.0.1", "http://localhost",
		"http://[::1]" };
	for (size_t i = 0; i < N_ELEMENTS(ours); i++) {
		size_t n = strlen(ours[i]);
		if (strncmp(url, ours[i], n) == 0 && (url[n] == ':' || url[n] == '\0'))
			return true;
	}
	return false;
}

static int
client_conf_check(const struct http_client_conf *c, struct err *err)
{
	bool https = strncmp(c->base_url, "https://", 8) == 0;
	size_t bytes = strlen(c->base_url);
	if (bytes > HTTP_URL_MAX_BYTES / 2 || strpbrk(c->base_url, "@?# ") != NULL)
		return err_raise(err, FAULT_CONFIG, "base url", (long)bytes);
	if (!https && !url_is_loopback(c->base_url))
		return err_raise(err, FAULT_CONFIG, "plain http beyond loopback", 0);
	if (https != (c->ca_path != NULL) || (c->cert_path != NULL) != (c->key_path != NULL))
		return err_raise(err, FAULT_CONFIG, "certificate files", 0);
	if (!https && (c->cert_path != NULL || c->peer_role != NULL || c->peer_ok != NULL))
		return err_raise(err, FAULT_CONFIG, "identity without TLS", 0);
	if (c->peer_role != NULL &&
	    (c->peer_role[0] == '\0' || strlen(c->peer_role) > TLS_MAX_PEER))
		return err_raise(err, FAULT_CONFIG, "peer role", 0);
	return 0;
}

int
http_client_new(const struct http_client_conf *c, struct http_client **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_condattr_t attr;
	struct tls_files *files = NULL;
	int r = client_conf_check(c, err);
	if (r == 0 && c->ca_path != NULL)
		r = tls_files_open(c->cert_path, c->key_path, c->ca_path, &files, err);
	if (r)
		return err_trace(err, r, "http client");
	(void)pthread_once(&once, client_once);
	struct http_client *h = mem_zero(sizeof(*h));
	h->base_url = client_copy(c->base_url);
	h->files = files;
	h->peer_role = client_copy(c->peer_role);
	h->peer_ok = c->peer_ok;
	h->peer_arg = c->peer_arg;
	h->connect_timeout_ms = c->connect_timeout_ms ? c->connect_timeout_ms : HTTP_CONNECT_MS;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->given, &attr);
	(void)pthread_condattr_destroy(&attr);
	*ret = h;
	return 0;
}

void
http_client_free(struct http_client *h)
{
	if (h == NULL)
		return;
	for (unsigned i = 0; i < h->n_idle; i++)
		curl_easy_cleanup(h->idle[i].e);
	(void)pthread_cond_destroy(&h->given);
	(void)pthread_mutex_destroy(&h->lock);
	mem_free(h->base_url);
	tls_files_free(h->files);
	mem_free(h->peer_role);
	mem_free(h);
}

/* A handle of the pool; waits for one until @timeout_ms are over. */
static int
client_take(struct http_client *h, int timeout_ms, CURL **ret, struct err *err)
{
	struct timespec until;
	int late = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000 + 1;
	(void)pthread_mutex_lock(&h->lock);
	while (h->n_idle == 0 && h->n_all == HTTP_CLIENT_HANDLES && late == 0)
		late = pthread_cond_timedwait(&h->given, &h->lock, &until);
	CURL *e = h->n_idle > 0 ? h->idle[--h->n_idle].e : NULL;
	bool more = e == NULL && h->n_all < HTTP_CLIENT_HANDLES;
	h->n_all += more;
	(void)pthread_mutex_unlock(&h->lock);
	if (e == NULL && !more) /* nothing was sent */
		return err_raise(err, FAULT_UNAVAILABLE, "too many requests at once", 0);
	*ret = e;
	return 0;
}

/* Under the lock: one that nobody has used for so long, or NULL. */
static CURL *
client_cold(struct http_client *h, int64_t now_ms, int64_t idle_ms)
{
	if (h->n_idle == 0 || now_ms - h->idle[0].since_ms < idle_ms)
		return NULL;
	CURL *e = h->idle[0].e;
	memmove(h->idle, h->idle + 1, --h->n_idle * sizeof(h->idle[0]));
	h->n_all--;
	return e;
}

void
http_client_tidy(struct http_client *h, int64_t idle_ms)
{
	CURL *cold;
	do {
		(void)pthread_mutex_lock(&h->lock);
		cold = client_cold(h, clock_mono_ms(), idle_ms);
		(void)pthread_mutex_unlock(&h->lock);
		curl_easy_cleanup(cold);
	} while (cold != NULL);
}

static void
client_give(struct http_client *h, CURL *e)
{
	(void)pthread_mutex_lock(&h->lock);
	if (e != NULL)
		h->idle[h->n_idle++] = (struct idle){ e, clock_mono_ms() };
	else
		h->n_all--;
	(void)pthread_cond_signal(&h->given);
	(void)pthread_mutex_unlock(&h->lock);
	http_client_tidy(h, HTTP_IDLE_MS);
}

/* One request on its way. */
struct exchange {
	const struct http_client *client;
	const struct http_ask *q;
	CURL *handle;
	struct buf body;
	struct curl_slist *headers;
	bool foreign;  /* the peer's name is none that may be asked */
	unsigned sent; /* how often it was about to be sent */
	char url[HTTP_URL_MAX_BYTES];
	char said[CURL_ERROR_SIZE];
};

/* What the peer announced, as far as it is to be believed before it came. */
static void
body_expect(struct exchange *x)
{
	curl_off_t bytes = 0;
	if (curl_easy_getinfo(x->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes) == CURLE_OK &&
	    bytes > 0)
		buf_expect(&x->body,
		    bytes < HTTP_EXPECT_MAX_BYTES ? (size_t)bytes : HTTP_EXPECT_MAX_BYTES);
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	if (x->body.bytes == 0)
		body_expect(x);
	buf_put(&x->body, p, size * n);
	return buf_ok(&x->body) ? size * n : 0;
}

static bool
peer_may_be_asked(const struct exchange *x)
{
	const struct curl_tlssessioninfo *tls = NULL;
	char name[TLS_MAX_PEER];
	const struct http_client *h = x->client;
	if (h->peer_ok == NULL)
		return true;
	return curl_easy_getinfo(x->handle, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK &&
	    tls != NULL && tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals != NULL &&
	    tls_peer_name(tls->internals, name, sizeof(name)) && h->peer_ok(h->peer_arg, name);
}

/* libcurl sends again when a kept connection dies without an answer; who answers may have acted. */
static int
on_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct exchange *x = arg;
	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	x->foreign = !peer_may_be_asked(x);
	if (x->foreign)
		return CURL_PREREQFUNC_ABORT;
	return x->sent++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static CURLcode
on_tls(CURL *e, void *ssl_ctx, void *arg)
{
	const struct http_client *h = arg;
	(void)e;
	if (tls_files_give(h->files, ssl_ctx) != 0 ||
	    (h->peer_role != NULL && tls_require_peer(ssl_ctx, h->peer_role) != 0))
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}

static bool
exchange_header(struct exchange *x, const char *line)
{
	struct curl_slist *more = curl_slist_append(x->headers, line);
	if (more != NULL)
		x->headers = more;
	return more != NULL && strpbrk(line, "\r\n") == NULL;
}

static int
exchange_prepare(struct exchange *x, struct err *err)
{
	char type[128];
	const struct http_ask *q = x->q;
	int n = snprintf(x->url, sizeof(x->url), "%s%s", x->client->base_url, q->path);
	if (n < 0 || (size_t)n >= sizeof(x->url) || q->path[0] != '/')
		return err_raise(err, FAULT_INTERNAL, "path", n);
	n = snprintf(
	    type, sizeof(type), "Content-Type: %s", q->type ? q->type : "application/json");
	bool ok = n > 0 && (size_t)n < sizeof(type);
	/* No waiting for "100 Continue": the server says early what is too large. */
	ok = ok && exchange_header(x, "Expect:") &&
	    exchange_header(x, q->body ? type : "Content-Type:");
	for (size_t i = 0; ok && i < N_ELEMENTS(q->header) && q->header[i] != NULL; i++)
		ok = exchange_header(x, q->header[i]);
	size_t max = q->max_reply_bytes ? q->max_reply_bytes : HTTP_REPLY_BYTES;
	if (!ok || max > HTTP_REPLY_MAX_BYTES)
		return err_raise(err, FAULT_INTERNAL, "request", 0);
	buf_init(&x->body, max);
	return 0;
}

static void
exchange_tls(struct exchange *x, CURL *e)
{
	const struct http_client *h = x->client;
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, h->files ? "https" : "http");
	if (h->files == NULL)
		return;
	/* The private network's CA and no other, by on_tls(): not the machine's store. */
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	curl_easy_setopt(e, CURLOPT_TLS13_CIPHERS, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
	curl_easy_setopt(e, CURLOPT_SSL_EC_CURVES, "P-256:P-384");
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, (void *)(uintptr_t)h);
}

static void
exchange_options(struct exchange *x, CURL *e)
{
	const struct http_ask *q = x->q;
	curl_easy_setopt(e, CURLOPT_URL, x->url);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_MS / 1000);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)x->client->connect_timeout_ms);
	curl_easy_setopt(
	    e, CURLOPT_TIMEOUT_MS, (long)(q->timeout_ms ? q->timeout_ms : HTTP_ASK_MS));
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->said);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, x);
	if (strcmp(q->method, "GET") != 0 || q->body != NULL) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_bytes);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body ? q->body : "");
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
	}
	exchange_tls(x, e);
}

/* A TLS 1.3 server refuses a client's certificate after the handshake: then it comes as an alert.
 */
static bool
exchange_saw_alert(const struct exchange *x)
{
	return strstr(x->said, "alert") != NULL && strstr(x->said, "SSL") != NULL;
}

static int
exchange_failed(const struct exchange *x, CURLcode code, struct err *err)
{
	if (x->foreign)
		return err_raise(err, FAULT_INTEGRITY, "peer's name", code);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		if (x->sent == 0) /* nobody can have acted on it */
			return err_raise(err, FAULT_UNAVAILABLE, "connect timed out", code);
		return err_raise(err, FAULT_TIMEOUT, "no answer in time", code);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_USE_SSL_FAILED:
		return err_raise(err, FAULT_INTEGRITY, "tls", code);
	case CURLE_WRITE_ERROR:
		return err_raise(err, FAULT_BAD_INPUT, "reply over its limit", code);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_raise(err, FAULT_BAD_INPUT, "reply is no HTTP", code);
	case CURLE_OUT_OF_MEMORY:
		return err_raise(err, FAULT_NOMEM, "request", code);
	default:
		if (exchange_saw_alert(x))
			return err_raise(err, FAULT_INTEGRITY, "tls alert", code);
		return err_raise(err, FAULT_UNAVAILABLE, "request", code);
	}
}

/* The stable code out of problem+json; empty when there is none to be had. */
static void
reply_code(CURL *e, struct http_reply *reply)
{
	AUTO(json_t) json_t *problem = NULL;
	struct err err = { 0 };
	const char *type = NULL;
	const char *code = NULL;
	if (curl_easy_getinfo(e, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == NULL ||
	    strncmp(type, "application/problem+json", 24) != 0)
		return;
	if (js_parse(reply->body, reply->body_bytes, &problem, &err) != 0 ||
	    js_text(problem, "code", sizeof(reply->code) - 1, &code, &err) != 0 ||
	    strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(code))
		return;
	memcpy(reply->code, code, strlen(code));
}

static int
exchange_reply(
    struct exchange *x, CURL *e, struct arena *a, struct http_reply *ret, struct err *err)
{
	struct http_reply reply = { .status = 0 };
	long status = 0;
	if (curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200 ||
	    status > 599 || (status >= 300 && status < 400))
		return err_raise(err, FAULT_BAD_INPUT, "status", status);
	reply.status = (unsigned)status;
	reply.body = (uint8_t *)arena_strndup(a, (const char *)x->body.p, x->body.bytes);
	reply.body_bytes = x->body.bytes;
	if (status >= 400)
		reply_code(e, &reply);
	*ret = reply;
	return status >= 400 ? HTTP_E_REFUSED : 0;
}

int
http_ask(struct http_client *c, struct arena *a, const struct http_ask *q, struct http_reply *ret,
    struct err *err)
{
	struct exchange x = { .client = c, .q = q };
	CURL *e = NULL;
	int r = client_take(c, q->timeout_ms ? q->timeout_ms : HTTP_ASK_MS, &e, err);
	if (r)
		return err_trace(err, r, "http_ask");
	if (e == NULL)
		e = curl_easy_init();
	r = e ? exchange_prepare(&x, err) : err_raise(err, FAULT_NOMEM, "curl", 0);
	if (r == 0) {
		x.handle = e;
		exchange_options(&x, e);
		CURLcode code = curl_easy_perform(e);
		r = code == CURLE_OK ? exchange_reply(&x, e, a, ret, err)
				     : exchange_failed(&x, code, err);
	}
	if (e != NULL)
		curl_easy_reset(e); /* connections and TLS sessions stay, pointers to here do not */
	client_give(c, e);
	curl_slist_free_all(x.headers);
	buf_done(&x.body);
	return err_trace(err, r, "http_ask");
}
