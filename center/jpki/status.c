/* SPDX-License-Identifier: Apache-2.0 */
#include "center/jpki/status.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/client.h"

#include <string.h>

struct jpki {
	struct http_client *client;
	const struct cert_pins *pins;
	char *path;
	int timeout_ms;
	struct jpki_lists *lists; /* or NULL */
	int64_t stand_in_ms;
};

void
jpki_close(struct jpki *j)
{
	if (j == NULL)
		return;
	http_client_free(j->client);
	mem_free(j->path);
	mem_free(j);
}

/* "http://host:port" and the path behind it. */
static int
jpki_split(
    struct arena *a, const char *url, const char **ret_base, const char **ret_path, struct err *err)
{
	const char *host = strstr(url, "://");
	if (host == NULL)
		return err_raise(err, FAULT_CONFIG, "status service's URL", 0);
	const char *path = strchr(host + 3, '/');
	*ret_base = path ? arena_strndup(a, url, (size_t)(path - url)) : arena_strdup(a, url);
	*ret_path = path ? path : "/";
	return 0;
}

int
jpki_open(const char *url, const struct cert_pins *pins, int timeout_ms, struct jpki **ret,
    struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4096);
	struct http_client_conf c = { .connect_timeout_ms = timeout_ms };
	struct http_client *client = NULL;
	const char *path = NULL;
	int r = jpki_split(a, url, &c.base_url, &path, err);
	if (r == 0)
		r = http_client_new(&c, &client, err);
	if (r)
		return err_fold(err, r, "jpki");
	struct jpki *j = mem_zero(sizeof(*j));
	*j = (struct jpki){ .client = client, .pins = pins, .timeout_ms = timeout_ms };
	j->path = mem_strndup(path, strlen(path));
	*ret = j;
	return 0;
}

void
jpki_tidy(struct jpki *j)
{
	http_client_tidy(j->client, HTTP_IDLE_MS);
}

void
jpki_use_lists(struct jpki *j, struct jpki_lists *lists, int64_t stand_in_ms)
{
	j->lists = lists;
	j->stand_in_ms = stand_in_ms;
}

/* @ret_silent: nobody answered. */
static int
service_status(
    struct jpki *j, struct arena *a, const struct cert *c, bool *ret_silent, struct err *err)
{
	uint8_t nonce[16];
	uint8_t *der = NULL;
	size_t bytes = 0;
	struct http_reply reply;
	int r = ocsp_request(a, c, j->pins, nonce, &der, &bytes, err);
	if (r)
		return err_trace(err, r, "jpki");
	const struct http_ask ask = {
		.method = "POST",
		.path = j->path,
		.type = "application/ocsp-request",
		.body = der,
		.body_bytes = bytes,
		.timeout_ms = j->timeout_ms,
		.max_reply_bytes = OCSP_MAX_BYTES,
	};
	r = http_ask(j->client, a, &ask, &reply, err);
	if (r == HTTP_E_REFUSED)
		return CERT_E_STATUS_UNKNOWN;
	*ret_silent = r == FAULT_UNAVAILABLE || r == FAULT_TIMEOUT;
	if (r)
		return err_trace(err, r, "jpki");
	return ocsp_read(reply.body, reply.body_bytes, c, j->pins, nonce, clock_now_ms(), err);
}

int
jpki_status(struct jpki *j, struct arena *a, const struct cert *c, struct err *err)
{
	bool silent = false;
	int64_t now_ms = clock_now_ms();
	int listed = j->lists != NULL
	    ? crl_status(jpki_lists_set(j->lists), c, now_ms, j->stand_in_ms)
	    : CERT_E_STATUS_UNKNOWN;
	if (listed == CERT_E_REVOKED)
		return listed;
	int r = service_status(j, a, c, &silent, err);
	/* A list that is too old says nothing of the good, but it may still know of a hold. */
	return silent && j->stand_in_ms > 0 && listed != CERT_E_STATUS_UNKNOWN ? listed : r;
}
