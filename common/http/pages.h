/* SPDX-License-Identifier: Apache-2.0 */
/* http/pages - files of a pages/ or ui/ folder, embedded at build time by tools/embed.c. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_res;
struct http_page {
	const char *path; /* "/" for index.html, else "/app.js" */
	const char *type; /* "text/html; charset=utf-8" */
	const uint8_t *p;
	size_t bytes;
};
/* A table ends with a NULL path. NULL when the path is not in it. */
const struct http_page *http_page_find(const struct http_page *pages, const char *path);
/* Answers with that page, which is not copied. False, and *@res as it was, when there is none. */
bool http_page_answer(const struct http_page *pages, const char *path, struct http_res *res);
