/* SPDX-License-Identifier: Apache-2.0 */
#include "server/render/form.h"
#include "server/seal/demand_int.h"
#include <string.h>

enum { LABEL_MAX_BYTES = 512 };

/* Without the spaces that only spread a label over its cell. False when nothing is left of it. */
static bool
without_spaces(const char *s, char out[LABEL_MAX_BYTES])
{
	size_t n = 0;
	for (; *s != '\0'; s++) {
		if (*s == ' ')
			continue;
		if (strncmp(s, "　", 3) == 0) {
			s += 2;
			continue;
		}
		if (n == LABEL_MAX_BYTES - 1)
			return false;
		out[n++] = *s;
	}
	out[n] = '\0';
	return n > 0;
}

/* A label may be broken into lines: any piece of it will do. */
static bool
stands_in_block(const struct form_block *b, const char *text)
{
	char label[LABEL_MAX_BYTES];
	for (unsigned i = 0; i < b->n_cells; i++)
		if (b->cells[i].what == FORM_LABEL && without_spaces(b->cells[i].text, label) &&
		    strstr(label, text) != NULL)
			return true;
	return false;
}

bool
demand_is_label(const struct demand *d, const char *full)
{
	char text[LABEL_MAX_BYTES];
	const struct form *f = form_find(d->order.kind, d->profile);
	if (f == NULL || !without_spaces(full, text))
		return false;
	return strcmp(text, "＊＊＊") == 0 || stands_in_block(&f->head, text) ||
	    stands_in_block(&f->person, text) || stands_in_block(&f->foreign, text) ||
	    stands_in_block(&f->unused, text) || stands_in_block(&f->foot, text);
}

bool
demand_is_back_label(const char *full)
{
	char text[LABEL_MAX_BYTES];
	return without_spaces(full, text) && stands_in_block(&form_back, text);
}
