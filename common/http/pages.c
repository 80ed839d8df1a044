/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pages.h"
#include "http/server.h"

#include <string.h>

const struct http_page *
http_page_find(const struct http_page *pages, const char *path)
{
	for (; pages->path != NULL; pages++)
		if (strcmp(pages->path, path) == 0)
			return pages;
	return NULL;
}

bool
http_page_answer(const struct http_page *pages, const char *path, struct http_res *res)
{
	const struct http_page *p = http_page_find(pages, path);
	if (p == NULL)
		return false;
	res->type = p->type;
	res->body = p->p;
	res->body_bytes = p->bytes;
	return true;
}
