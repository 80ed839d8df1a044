/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "http/http_private.h"
#include "wire/js.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_ARG_MAX_BYTES = 128, PROBLEM_MAX_BYTES = 64 * 1024 };

/* One path segment of unreserved characters (RFC 3986 2.3): never encoded, never "." or "..". */
static size_t
path_arg_bytes(const char *s)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789-._~";
	size_t n = strspn(s, good);
	if (n == 0 || n > PATH_ARG_MAX_BYTES || (s[n] != '\0' && s[n] != '/'))
		return 0;
	return strspn(s, ".") == n && n <= 2 ? 0 : n;
}

static bool
path_matches(
    const char *pattern, const char *path, struct arena *a, const char *arg[HTTP_MAX_PATH_ARGS])
{
	unsigned n = 0;
	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t bytes = path_arg_bytes(path);
		if (bytes == 0 || n == HTTP_MAX_PATH_ARGS)
			return false;
		arg[n++] = arena_strndup(a, path, bytes);
		path += bytes;
		pattern += strcspn(pattern, "}") + 1;
	}
	return *path == '\0';
}

const struct http_route *
http_route_find(const struct http_route *routes, size_t n, struct arena *a, const char *method,
    const char *path, const char *arg[HTTP_MAX_PATH_ARGS], bool *ret_path_known)
{
	*ret_path_known = false;
	for (size_t i = 0; i < n; i++) {
		if (!path_matches(routes[i].path, path, a, arg))
			continue;
		*ret_path_known = true;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
	}
	return NULL;
}

void
http_routes_print(FILE *to, const char *listener, const struct http_route *routes, size_t n_routes)
{
	for (size_t i = 0; i < n_routes; i++)
		(void)fprintf(to,
		    "{\"listener\":\"%s\",\"method\":\"%s\",\"path\":\"%s\",\"roles\":\"%s\"}\n",
		    listener, routes[i].method, routes[i].path,
		    routes[i].roles != NULL ? routes[i].roles : "");
}

bool
http_role_in(const char *roles, const char *role)
{
	size_t n = strlen(role);
	if (n == 0)
		return false;
	while (*roles != '\0') {
		size_t one = strcspn(roles, " ");
		if (one == n && memcmp(roles, role, n) == 0)
			return true;
		roles += one;
		roles += strspn(roles, " ");
	}
	return false;
}

static const char *
http_title(unsigned status)
{
	static const struct {
		unsigned status;
		const char *title;
	} t[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (t[i].status == status)
			return t[i].title;
	return status < 500 ? "Refused" : "Failed";
}

const char *
http_problem(
    struct arena *a, unsigned status, const char *code, const char *detail_json, size_t *ret_bytes)
{
	AUTO(json_t) json_t *problem = json_object();
	AUTO(json_t) json_t *detail = NULL;
	struct err err = { 0 };
	struct buf b;
	js_put_int(problem, "status", status);
	js_put_text(problem, "code", code);
	js_put_text(problem, "title", http_title(status));
	/* The handler's own text: a wrong one is a bug and shows in its test by its absence. */
	if (detail_json != NULL && js_parse(detail_json, strlen(detail_json), &detail, &err) == 0)
		(void)json_object_update_missing(problem, detail);
	buf_init(&b, PROBLEM_MAX_BYTES);
	if (js_format(problem, &b, &err) != 0)
		abort(); /* a detail of 64 KiB is no detail */
	const char *text = arena_strndup(a, (const char *)b.p, b.bytes);
	*ret_bytes = b.bytes;
	buf_done(&b);
	return text;
}
