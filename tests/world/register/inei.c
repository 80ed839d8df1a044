/* SPDX-License-Identifier: Apache-2.0 */
/* inei - fictitious seals: a worn ring and strokes inside, in which a number is written. */
#include "tests/world/register/people.h"

enum { GRID = 8 };

struct plate {
	uint8_t *bits;
	int px;
	int stride;
};

static void
ink(struct plate *p, int x, int y)
{
	if (x >= 0 && y >= 0 && x < p->px && y < p->px)
		p->bits[y * p->stride + x / 8] |= (uint8_t)(0x80 >> (x & 7));
}

static void
rectangle(struct plate *p, int x, int y, int width, int height)
{
	for (int j = 0; j < height; j++)
		for (int i = 0; i < width; i++)
			ink(p, x + i, y + j);
}

/* The rim, a little thinner where it is worn. */
static void
ring(struct plate *p, uint32_t number)
{
	int r = p->px / 2 - 1;
	int thick = p->px / 18;
	int c = p->px / 2;
	for (int y = -r; y <= r; y++) {
		for (int x = -r; x <= r; x++) {
			int worn = ((x * 5 + y * 3) >> 4 & 7) == (int)(number & 7) ? thick / 3 : 0;
			int inner = r - thick + worn;
			int d2 = x * x + y * y;
			if (d2 <= r * r && d2 >= inner * inner)
				ink(p, c + x, c + y);
		}
	}
}

/*
 * An 8 by 8 grid inside the rim: bit i of a mixed number decides whether cell i
 * has a long stroke to the right, its neighbour bit whether one goes down. The
 * mixing is one to one, so no two numbers have one seal of a size.
 */
static void
strokes(struct plate *p, uint32_t number)
{
	uint64_t v = number;
	v = v * UINT64_C(0x9E3779B97F4A7C15); /* odd: one to one */
	v ^= v >> 32;
	int side = p->px * 60 / 100;
	int cell = side / GRID;
	int at = (p->px - cell * GRID) / 2;
	int thick = cell / 3 + 1;
	for (int i = 0; i < GRID * GRID; i++) {
		int x = at + i % GRID * cell;
		int y = at + i / GRID * cell;
		if (v >> i & 1)
			rectangle(p, x, y, cell + thick, thick);
		else
			rectangle(p, x, y, thick, cell);
	}
}

uint8_t *
people_inei(struct arena *a, uint32_t number, unsigned px)
{
	struct plate p = { .px = (int)px, .stride = (int)((px + 7) / 8) };
	p.bits = arena_zero(a, (size_t)p.stride * px);
	ring(&p, number);
	strokes(&p, number);
	return p.bits;
}
