/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A paper as a bank holds it: rendered, given its back side, turned into
 * pictures by poppler as a scanner would, and laid on the desk.
 * Usage: paper-test MANIFEST (fonts)
 */
#include "tests/unit/unit.h"

#include "backside/bilevel.h"
#include "backside/code.h"
#include "base/file.h"
#include "base/mem.h"
#include "center/inquiry/check.h"
#include "pki/hash.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAPER_ARENA = 1 << 30, N_SAMPLE_PERSONS_PRINTED = 4, PATIENCE = 30 };
static const char *manifest;

struct desk {
	struct arena *arena;
	struct render_fonts *fonts;
	struct decoder *decoder;
	struct key *inquiry, *muni, *other;
	struct key_agreer own;
	struct check_signer signer;
	struct check_keys keys;
	uint8_t *pdf;
	size_t pdf_bytes;
};

/* What kofu-seal does with each page, without its checks. */
static void
make_back(struct desk *d, const struct render_input *in, const struct render_doc *doc,
    unsigned page, struct key *signer)
{
	struct payload p = { .page = page + 1,
		.pages = doc->n_pages,
		.issue_number = in->issue_number,
		.kind = in->kind,
		.registered_at_ms = 1795190400000,
		.history = 3 };
	struct payload_field fields[RENDER_MAX_FIELDS];
	struct bilevel front = { sample_raster(d->arena, d->fonts, doc, page), RENDER_W, RENDER_H,
		RENDER_ROW_BYTES };
	struct err err = { 0 };
	struct buf raster, record, envelope;
	for (unsigned i = 0; i < doc->n_fields; i++) {
		const struct render_field *f = &doc->fields[i];
		if (f->page == page)
			fields[p.n_fields++] =
			    (struct payload_field){ f->key, f->value, { f->x, f->y, f->w, f->h } };
	}
	buf_init(&raster, BILEVEL_MAX_CODED_BYTES);
	buf_init(&record, PAYLOAD_MAX_BYTES);
	buf_init(&envelope, ENVELOPE_MAX_BYTES);
	assert_int_equal(bilevel_encode(&front, &raster, &err), 0);
	p.fields = fields;
	p.raster = raster.p;
	p.raster_bytes = raster.bytes;
	assert_int_equal(payload_encode(&p, &record, &err), 0);
	struct envelope_seal seal = { .muni = in->profile->muni,
		.serial = { (uint8_t)page, 7 },
		.issued_at_ms = 1795190400000,
		.front_code = in->front_code,
		.signer = key_as_signer(signer) };
	key_public(d->inquiry, &seal.recipient);
	/* The header always names the municipality's key, whoever signs. */
	if (signer != d->muni)
		key_public(d->muni, &seal.signer.point);
	assert_int_equal(envelope_seal(&seal, record.p, record.bytes, &envelope, &err), 0);
	assert_int_equal(
	    backside_encode(envelope.p, envelope.bytes, d->pdf + doc->pages[page].back_at, &err),
	    0);
	buf_done(&raster);
	buf_done(&record);
	buf_done(&envelope);
}

/* A paper of the sample household; @signer signs its backs. */
static void
make_paper(struct desk *d, enum doc_kind kind, unsigned n, struct key *signer)
{
	struct render_doc doc = { 0 };
	struct err err = { 0 };
	struct render_input in = sample_input(d->arena, kind, PROFILE_RENKI, n);
	assert_int_equal(render_doc(d->arena, d->fonts, &in, &doc, &err), 0);
	d->pdf = arena_memdup(d->arena, doc.pdf, doc.pdf_bytes);
	d->pdf_bytes = doc.pdf_bytes;
	for (unsigned i = 0; i < doc.n_pages; i++)
		make_back(d, &in, &doc, i, signer);
	for (unsigned i = 0; i < d->keys.n_signers; i++)
		d->signer.muni = in.profile->muni;
}

static int
setup(void **state)
{
	struct desk *d = mem_zero(sizeof(*d));
	struct err err = { 0 };
	/* First of all, as the site does: the template must not inherit anything. */
	if (decoder_start(&d->decoder, &err) || render_fonts_open(manifest, &d->fonts, &err))
		return -1;
	d->arena = arena_new(PAPER_ARENA);
	d->inquiry = key_generate();
	d->muni = key_generate();
	d->other = key_generate();
	d->own = key_as_agreer(d->inquiry);
	key_public(d->muni, &d->signer.key.point);
	key_id_of(&d->signer.key.point, &d->signer.key.id);
	d->keys = (struct check_keys){ &d->own, 1, &d->signer, 1 };
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;
	decoder_stop(d->decoder);
	render_fonts_free(d->fonts);
	key_free(d->inquiry);
	key_free(d->muni);
	key_free(d->other);
	arena_free(d->arena);
	mem_free(d);
	return 0;
}

/* The pages of d->pdf as PGM at @dpi, by poppler; NULL-ended list of one file's bytes. */
static struct decoder_file
scan(struct desk *d, unsigned first, unsigned last, unsigned dpi)
{
	struct buf out;
	struct err err = { 0 };
	char pdf[] = "/tmp/kofu-paper-XXXXXX";
	char command[200];
	fd_close(mkstemp(pdf));
	assert_int_equal(file_write_atomic(pdf, d->pdf, d->pdf_bytes, 0600, &err), 0);
	(void)snprintf(
	    command, sizeof(command), "pdftoppm -gray -r %u -f %u -l %u %s", dpi, first, last, pdf);
	FILE *f = popen(command, "r"); /* our own numbers and our own file name */
	assert_non_null(f);
	buf_init(&out, 1 << 28);
	assert_int_equal(fd_read_to_end(fileno(f), &out, &err), 0);
	assert_int_equal(pclose(f), 0);
	(void)unlink(pdf);
	struct decoder_file file = { arena_memdup(d->arena, out.p, out.bytes), out.bytes };
	buf_done(&out);
	return file;
}

static struct check_result
check(struct desk *d, const struct decoder_file *files, unsigned n, const char *code)
{
	struct decoder_job *job = NULL;
	struct decoder_pages pages;
	struct check_result r;
	struct err err = { 0 };
	assert_int_equal(decoder_open(d->decoder, &job, &err), 0);
	decoder_set_patience(job, PATIENCE);
	assert_int_equal(decoder_read(job, d->arena, files, n, &pages, &err), 0);
	assert_int_equal(
	    check_run(job, d->arena, &d->keys, &pages, &code, code != NULL, &r, &err), 0);
	decoder_close(job);
	return r;
}

static void
both_sides_of_a_page_are_the_same_as_issued(void **state)
{
	static const unsigned dpis[] = { 300, 200 };
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, N_SAMPLE_PERSONS_PRINTED, d->muni);
	for (size_t i = 0; i < N_ELEMENTS(dpis); i++) {
		struct decoder_file f = scan(d, 1, 2, dpis[i]);
		struct check_result r = check(d, &f, 1, NULL);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.paper[0].reason, CHECK_R_SAME);
		assert_int_equal(r.paper[0].record.history, 3);
		assert_true(r.paper[0].record.n_fields > 10);
	}
}

static void
a_seal_certificate_is_the_same_as_issued(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_INKAN, 1, d->muni);
	struct decoder_file f = scan(d, 1, 2, 300);
	struct check_result r = check(d, &f, 1, NULL);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.paper[0].reason, CHECK_R_SAME);
}

static void
the_pages_of_a_large_household_are_told_apart(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, SAMPLE_N_PERSONS, d->muni);
	/* Two papers' pages in the wrong order: backs first. */
	struct decoder_file f[] = { scan(d, 4, 4, 200), scan(d, 2, 2, 200), scan(d, 1, 1, 200),
		scan(d, 3, 3, 200) };
	struct check_result r = check(d, f, 4, NULL);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.paper[0].reason, CHECK_R_SAME);
	assert_int_equal(r.paper[0].record.page, 2);
	assert_int_equal(r.paper[0].front_page, 3);
	assert_int_equal(r.paper[1].reason, CHECK_R_SAME);
	assert_int_equal(r.paper[1].record.page, 1);
	assert_int_equal(r.paper[1].front_page, 2);
}

/* Pulled out of its certificate, or put into another: a page is not the whole. */
static void
a_page_whose_others_are_missing_is_not_answered_as_the_same(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, SAMPLE_N_PERSONS, d->muni);
	struct decoder_file f = scan(d, 1, 2, 200);
	struct check_result r = check(d, &f, 1, NULL);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.paper[0].reason, CHECK_R_PAGES_MISSING);
	assert_true(r.paper[0].opened);
}

static void
a_back_alone_tells_nothing_without_its_code(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, 1, d->muni);
	struct decoder_file f = scan(d, 2, 2, 300);
	struct check_result r = check(d, &f, 1, NULL);
	assert_int_equal(r.paper[0].reason, CHECK_R_CODE_MISSING);
	assert_false(r.paper[0].opened);
	r = check(d, &f, 1, "0000-0000-0000-0000");
	assert_int_equal(r.paper[0].reason, CHECK_R_CODE_WRONG);
	assert_false(r.paper[0].opened);
	struct render_input in = sample_input(d->arena, DOC_JUMINHYO, PROFILE_RENKI, 1);
	r = check(d, &f, 1, in.front_code);
	assert_int_equal(r.paper[0].reason, CHECK_R_FRONT_MISSING);
	assert_true(r.paper[0].opened);
}

static void
a_back_that_the_municipality_did_not_sign_is_forged(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, 1, d->other);
	struct decoder_file f = scan(d, 1, 2, 300);
	struct check_result r = check(d, &f, 1, NULL);
	assert_int_equal(r.paper[0].reason, CHECK_R_FORGED);
	assert_false(r.paper[0].opened);
}

static void
papers_of_two_key_generations_are_the_same_and_a_destroyed_key_is_named(void **state)
{
	struct desk *d = *state;
	const struct check_keys before = d->keys;
	struct key *old = d->inquiry, *next = key_generate();
	make_paper(d, DOC_JUMINHYO, 1, d->muni);
	struct decoder_file of_old = scan(d, 1, 2, 300);
	d->inquiry = next;
	make_paper(d, DOC_JUMINHYO, 1, d->muni);
	struct decoder_file of_next = scan(d, 1, 2, 300);
	const struct key_agreer both[] = { key_as_agreer(next), key_as_agreer(old) };
	struct key_id destroyed;
	d->keys.own = both;
	d->keys.n_own = 2;
	assert_int_equal(check(d, &of_old, 1, NULL).paper[0].reason, CHECK_R_SAME);
	assert_int_equal(check(d, &of_next, 1, NULL).paper[0].reason, CHECK_R_SAME);
	/* The older one is destroyed. */
	key_id_of(&both[1].point, &destroyed);
	d->keys.n_own = 1;
	d->keys.destroyed = &destroyed;
	d->keys.n_destroyed = 1;
	struct check_result r = check(d, &of_old, 1, NULL);
	assert_int_equal(r.paper[0].reason, CHECK_R_KEY_DESTROYED);
	assert_false(r.paper[0].opened);
	assert_int_equal(check(d, &of_next, 1, NULL).paper[0].reason, CHECK_R_SAME);
	d->keys.n_destroyed = 0; /* nobody remembers it */
	assert_int_equal(check(d, &of_old, 1, NULL).paper[0].reason, CHECK_R_KEY_UNKNOWN);
	d->keys = before;
	d->inquiry = old;
	key_free(next);
}

static void
a_front_without_a_back_is_no_paper(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_INKAN, 1, d->muni);
	struct decoder_file f = scan(d, 1, 1, 200);
	struct check_result r = check(d, &f, 1, NULL);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.paper[0].reason, CHECK_R_BACK_MISSING);
}

/* The birthday's first digits exchanged: a box of the picture copied over another. */
static void
one_altered_character_of_the_front_is_found(void **state)
{
	struct desk *d = *state;
	make_paper(d, DOC_JUMINHYO, 1, d->muni);
	struct decoder_file clean = scan(d, 1, 2, 300);
	struct check_result r = check(d, &clean, 1, NULL);
	const struct check_field *birth = NULL;
	assert_int_equal(r.paper[0].reason, CHECK_R_SAME);
	for (size_t i = 0; i < r.paper[0].record.n_fields; i++)
		if (strstr(r.paper[0].fields[i].key, "birth") != NULL)
			birth = &r.paper[0].fields[i];
	assert_non_null(birth);
	/* 15 characters of white in the middle of the field: something is gone. */
	uint8_t *p = arena_memdup(d->arena, clean.p, clean.bytes);
	unsigned w = 0, h = 0;
	int head = 0;
	assert_int_equal(sscanf((const char *)p, "P5 %u %u 255%n", &w, &h, &head), 2);
	unsigned x = (unsigned)(birth->box.x * 300 / 254.0) + 90;
	unsigned y = (unsigned)(birth->box.y * 300 / 254.0);
	for (unsigned j = y; j < y + birth->box.h * 300u / 254; j++)
		memset(p + head + 1 + (size_t)j * w + x, 255, 40);
	struct decoder_file forged = { p, clean.bytes };
	r = check(d, &forged, 1, NULL);
	assert_int_equal(r.paper[0].reason, CHECK_R_FRONT_DIFFERS);
	assert_true(r.paper[0].n_differing_windows > 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_of_a_page_are_the_same_as_issued),
		cmocka_unit_test(a_seal_certificate_is_the_same_as_issued),
		cmocka_unit_test(the_pages_of_a_large_household_are_told_apart),
		cmocka_unit_test(a_page_whose_others_are_missing_is_not_answered_as_the_same),
		cmocka_unit_test(a_back_alone_tells_nothing_without_its_code),
		cmocka_unit_test(a_back_that_the_municipality_did_not_sign_is_forged),
		cmocka_unit_test(
		    papers_of_two_key_generations_are_the_same_and_a_destroyed_key_is_named),
		cmocka_unit_test(a_front_without_a_back_is_no_paper),
		cmocka_unit_test(one_altered_character_of_the_front_is_found),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: paper-test MANIFEST\n");
		return 2;
	}
	manifest = argv[1];
	return cmocka_run_group_tests(tests, setup, teardown);
}
