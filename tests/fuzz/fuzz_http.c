/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path against routes, and a certificate's name: what matches holds nothing
 * but unreserved characters and cannot climb. The first byte chooses.
 */
#include "common/http/http_private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_route routes[] = {
	{ "GET", "/v1/keys/{muni}", NULL, 0, NULL, NULL },
	{ "GET", "/v1/{a}/{b}-{c}/{d}", NULL, 0, NULL, NULL },
	{ "POST", "/{one}", NULL, 0, NULL, NULL },
};

static void
check_path(struct arena *a, const char *path)
{
	const char *arg[HTTP_MAX_PATH_ARGS] = { NULL };
	bool known = false;
	const struct http_route *r =
	    http_route_find(routes, N_ELEMENTS(routes), a, "GET", path, arg, &known);
	if (r != NULL && !known)
		abort();
	for (size_t i = 0; r != NULL && i < HTTP_MAX_PATH_ARGS && arg[i] != NULL; i++)
		if (arg[i][0] == '\0' || strlen(arg[i]) > 128 || strcmp(arg[i], "..") == 0 ||
		    strcmp(arg[i], ".") == 0 || strpbrk(arg[i], "/%?#\\ \r\n\"'<>") != NULL)
			abort();
}

static void
check_urn(const char *urn, size_t bytes)
{
	struct http_peer peer;
	struct err err = { 0 };
	if (http_peer_parse(urn, bytes, &peer, &err) != 0)
		return;
	size_t role = strlen(peer.role);
	size_t name = strlen(peer.name);
	/* It is the whole urn, and nothing of it was lost. */
	if (role == 0 || name == 0 || bytes != strlen("urn:kofu:") + role + 1 + name ||
	    memcmp(urn + 9, peer.role, role) != 0 || memcmp(urn + 10 + role, peer.name, name) != 0)
		abort();
	if (!http_role_in("kiosk agent", peer.role) && strcmp(peer.role, "agent") == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *a = arena_new((size_t)8 << 20);
	if (size == 0 || size > 65536)
		return 0;
	char *text = arena_strndup(a, (const char *)data + 1, size - 1);
	if (data[0] & 1)
		check_path(a, text);
	else
		check_urn(text, size - 1);
	return 0;
}
