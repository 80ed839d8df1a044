/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pages.h"

#include <string.h>

const struct http_page *
http_page_find(const struct http_page *pages, const char *path)
{
	for (; pages->path != NULL; pages++)
		if (strcmp(pages->path, path) == 0)
			return pages;
	return NULL;
}
