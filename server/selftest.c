/* SPDX-License-Identifier: Apache-2.0 */
#include "server/selftest.h"
#include "server/issue/render_wire.h"
#include "server/seal/pdfread.h"

#include <string.h>

#define NAME "見本　太郎"
enum { ARENA_BYTES = 256 << 20 };

/* 見本 太郎, who lives nowhere. */
static void
request_make(struct arena *a, const struct profile *profile, enum doc_kind kind, struct buf *out)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct resident *r = &q->persons[0];
	q->muni = profile->muni;
	q->kind = kind;
	q->issued_on = (struct civil_date){ 2026, 1, 5 };
	q->n_persons = q->n_copies = 1;
	q->copies[0].number = "000000-20260105-SELFTEST-000001";
	memcpy(q->copies[0].front_code, "0123456789ABCDEF", RENDER_FRONT_CODE_CHARS);
	*r = (struct resident){ .muni = profile->muni,
		.rireki_no = 1,
		.state = RESIDENT_REGISTERED,
		.class_ = RESIDENT_JAPANESE,
		.narabi = 1,
		.atena_no = "000000000000001",
		.setai_no = "000000000000001",
		.name = NAME,
		.name_kana = "みほん　たろう",
		.birth = "昭和５５年１月２日",
		.sex = "男",
		.kojin_no = "000000000000",
		.jumin_code = "00000000000",
		.setainushi = NAME,
		.zokugara = "世帯主",
		.honseki = "見本県架空市見本町一丁目１番",
		.hittosha = NAME,
		.jumin_since = "平成１０年４月１日",
		.address = "見本県架空市見本町一丁目２番３号",
		.address_since = "平成１０年４月１日" };
	render_request_encode(q, out);
}

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
		if (strcmp(r->docs[0].fields[i].value, NAME) == 0)
			return true;
	return false;
}

static bool
pages_are_the_same(const struct render_result *a, const struct render_result *b)
{
	return result_has_name(a) && result_has_name(b) &&
	    memcmp(a->docs[0].pages[0].front, b->docs[0].pages[0].front, RENDER_FRONT_BYTES) == 0;
}

/* A kind that this city prints from a resident's row alone; 0 = none. */
static unsigned
kind_of(const struct profile *profile)
{
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		if (profile->kinds[k].offered && doc_kind_is_record((enum doc_kind)k))
			return k;
	return 0;
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
	request_make(a, profile, (enum doc_kind)kind_of(profile), &in);
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
	if (p->render != NULL && profile != NULL && kind_of(profile) != 0)
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
