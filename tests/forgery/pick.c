/* SPDX-License-Identifier: Apache-2.0 */
#include "pick.h"

#include "center/inquiry/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
parse_group(const char *text, struct pick *p)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	if (p->n_groups == PICK_MAX || n == 0 || n >= sizeof(p->group[0].name))
		return false;
	struct pick_group *g = &p->group[p->n_groups++];
	*g = (struct pick_group){ .listed = colon != NULL };
	memcpy(g->name, text, n);
	while (colon != NULL) {
		char *end;
		unsigned long i = strtoul(colon + 1, &end, 10);
		if (end == colon + 1 || i >= PICK_MAX_CASES || (*end != ',' && *end != '\0'))
			return false;
		g->on[i] = 1;
		colon = *end == ',' ? end : NULL;
	}
	return true;
}

static bool
parse_seed(const char *text, unsigned *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || v > PICK_MAX_SEED)
		return false;
	*ret = (unsigned)v;
	return true;
}

bool
pick_parse(int argc, char **argv, struct pick *ret)
{
	*ret = (struct pick){ .full = false };
	for (int i = 0; i < argc; i++) {
		bool ok = true;
		if (strcmp(argv[i], "full") == 0)
			ret->full = true;
		else if (strncmp(argv[i], "seed=", 5) == 0)
			ok = parse_seed(argv[i] + 5, &ret->seed);
		else if (strncmp(argv[i], "pictures=", 9) == 0)
			ret->pictures = argv[i] + 9;
		else
			ok = parse_group(argv[i], ret);
		if (!ok)
			return false;
	}
	return true;
}

bool
pick_has(const struct pick *p, const char *group, unsigned i, unsigned every)
{
	const bool part = p->full || i % every == every / 2;
	for (unsigned k = 0; k < p->n_groups; k++)
		if (strcmp(p->group[k].name, group) == 0)
			return p->group[k].listed ? p->group[k].on[i] : part;
	return p->n_groups == 0 && part;
}

static bool
write_pgm(const char *path, const uint8_t *p, unsigned w, unsigned h, size_t stride)
{
	FILE *f = fopen(path, "wb");
	if (f == NULL)
		return false;
	bool ok = fprintf(f, "P5\n%u %u\n255\n", w, h) > 0;
	for (unsigned y = 0; y < h && ok; y++)
		ok = fwrite(p + y * stride, 1, w, f) == w;
	return fclose(f) == 0 && ok;
}

bool
pick_keep(const struct pick *p, const char *group, unsigned i, const struct scan_image *scan,
    const uint8_t *laid, const uint8_t *front)
{
	static uint8_t grey[FRONT_W * FRONT_H];
	char name[64], path[512];
	if (p->pictures == NULL)
		return true;
	(void)snprintf(name, sizeof(name), "%s", group);
	for (char *c = name; *c != '\0'; c++)
		if (*c == ' ' || *c == ',' || *c == '/' || *c == '\'')
			*c = '-';
	for (unsigned y = 0; y < FRONT_H; y++)
		for (unsigned x = 0; x < FRONT_W; x++)
			grey[(size_t)y * FRONT_W + x] = front_ink(front, x, y) ? 0 : 255;
	(void)snprintf(path, sizeof(path), "%s/%s-%u-scan.pgm", p->pictures, name, i);
	if (!write_pgm(path, scan->p, scan->w, scan->h, scan->stride))
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s-%u-laid.pgm", p->pictures, name, i);
	if (laid != NULL && !write_pgm(path, laid, FRONT_W, FRONT_H, FRONT_W))
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s-%u-front.pgm", p->pictures, name, i);
	return write_pgm(path, grey, FRONT_W, FRONT_H, FRONT_W);
}
