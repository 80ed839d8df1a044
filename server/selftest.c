/* SPDX-License-Identifier: Apache-2.0 */
#include "server/selftest.h"
#include "server/issue/render_wire.h"
#include "server/issue/trial.h"
#include "server/seal/pdfread.h"

#include <string.h>

enum { ARENA_BYTES = 256 << 20 };

static int
render_once(const struct selftest_parts *p, struct arena *a, const struct buf *in, struct buf *out,
    struct render_result *ret)
{
	buf_init(out, RENDER_WIRE_MAX_BYTES);
	int r = p->render(p->render_arg, in, out);
	return r ? r : render_result_decode(a, out->p, out->bytes, ret, NULL);
}

static bool
result_has_name(const struct render_result *r)
{
	if (r->outcome != 0 || r->n_copies != 1 || r->docs[0].n_pages != 1)
		return false;
	for (unsigned i = 0; i < r->docs[0].n_fields; i++)
		if (strcmp(r->docs[0].fields[i].value, TRIAL_NAME) == 0)
			return true;
	return false;
}

static bool
pages_are_the_same(const struct render_result *a, const struct render_result *b)
{
	return result_has_name(a) && result_has_name(b) &&
	    memcmp(a->docs[0].pages[0].front, b->docs[0].pages[0].front, RENDER_FRONT_BYTES) == 0;
}

/* Bits of SELFTEST_RENDERER and SELFTEST_PAPER. */
static unsigned
renderer_try(const struct selftest_parts *p, const struct profile *profile)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct render_result *one = arena_zero(a, sizeof(*one)), *two = arena_zero(a, sizeof(*two));
	struct buf in, first, second;
	unsigned sides = 0, failed = 0;
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	buf_init(&second, 0);
	trial_request(a, profile, &in);
	int r = render_once(p, a, &in, &first, one);
	if (r == 0)
		r = render_once(p, a, &in, &second, two);
	if (r != 0 || !pages_are_the_same(one, two))
		failed = 1U << SELFTEST_RENDERER;
	else if (p->read_paper(a, one->docs[0].pdf, one->docs[0].pdf_bytes, &sides) != 0 ||
	    sides != 2)
		failed = 1U << SELFTEST_PAPER;
	buf_done(&in);
	buf_done(&first);
	buf_done(&second);
	return failed;
}

unsigned
selftest_run(const struct selftest_parts *p, const struct profile *profile)
{
	unsigned failed = selftest_machine_run(&p->machine);
	if (p->render != NULL && profile != NULL && trial_kind(profile) != 0)
		failed |= renderer_try(p, profile);
	return failed;
}

static int
real_read_paper(struct arena *a, const uint8_t *pdf, size_t bytes, unsigned *ret_sides)
{
	struct pdfread *p = NULL;
	int r = pdfread(a, pdf, bytes, &p, NULL);
	if (r == 0)
		*ret_sides = p->n_sides;
	return r;
}

void
selftest_parts_real(struct selftest_parts *ret)
{
	*ret = (struct selftest_parts){ .read_paper = real_read_paper };
	selftest_machine_real(&ret->machine);
}
