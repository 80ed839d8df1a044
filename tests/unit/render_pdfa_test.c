/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates by the rules of PDF/A-2b, and the judge of them by seeded faults. */
#include "unit.h"

#include "base/mem.h"
#include "server/seal/pdfread.h"
#include "tests/golden/pdfa.h"
#include "tests/golden/sample.h"

#include <string.h>

static struct render_fonts *fonts;

static int
setup(void **state)
{
	struct err err = { 0 };
	(void)state;
	return render_fonts_open(FONT_MANIFEST, &fonts, &err);
}

static int
teardown(void **state)
{
	(void)state;
	render_fonts_free(fonts);
	return 0;
}

static const struct {
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
} kinds[] = {
	{ DOC_JUMINHYO, PROFILE_RENKI, 1 },
	{ DOC_JUMINHYO, PROFILE_RENKI, 6 },
	{ DOC_JUMINHYO, PROFILE_KOJIN, 2 },
	{ DOC_INKAN, PROFILE_RENKI, 1 },
};

static struct render_doc
rendered(struct arena *a, size_t kind, bool with_ground)
{
	struct render_doc d = { 0 };
	struct err err = { 0 };
	struct render_input in = sample_input(a, kinds[kind].kind, kinds[kind].form, kinds[kind].n);
	struct profile p = *in.profile;
	p.ground = with_ground ? sample_ground(a) : NULL;
	in.profile = &p;
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), 0);
	return d;
}

static void
certificates_break_no_rule_of_pdf_a(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_ELEMENTS(kinds); i++) {
		AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
		struct render_doc d = rendered(a, i / 2, i % 2 == 1);
		const char *broken = pdfa_judge(a, d.pdf, d.pdf_bytes);
		if (broken != NULL)
			fail_msg("kind %zu: %s", i, broken);
	}
}

/* Faults of the same length, so that nothing else of the file moves. */
static const struct {
	const char *from, *to;
	bool seal_too; /* kofu-seal refuses it as well */
} faults[] = {
	{ "%PDF-1.7", "%PDF-1.8", false },
	{ "/Metadata", "/Metadato", true },
	{ "/OutputIntents", "/OutputIntentz", true },
	{ "/GTS_PDFA1", "/GTS_PDFX1", true },
	{ "<pdfaid:part>2<", "<pdfaid:part>3<", true },
	{ "<pdf:Producer>kofu<", "<pdf:Producer>kobu<", true },
	{ "(kofu)", "(kobu)", true },
	{ "mntrGRAY", "mntrRGB ", true },
	{ "/Interpolate false", "/Interpolate true ", false },
	{ "/ColorSpace /DeviceGray", "/ColorSpace /DeviceCMYK", true },
	{ "/CIDToGIDMap", "/CIDToGIDMop", true },
	{ "/ToUnicode", "/ToUnicodo", true },
	{ "/FontFile2", "/FontFileX", false },
	{ "/DW 1000", "/DW 0900", false },
	{ "/Lang (ja)", "/AA   (ja)", true },
	{ "/ID [", "/IX [", true },
};

static void
the_judge_sees_each_seeded_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(faults); i++) {
		AUTO(arena) struct arena *a = arena_new(3 * (size_t)RENDER_ARENA_BYTES);
		struct render_doc d = rendered(a, 3, false);
		uint8_t *p = arena_memdup(a, d.pdf, d.pdf_bytes);
		uint8_t *at = memmem(p, d.pdf_bytes, faults[i].from, strlen(faults[i].from));
		struct pdfread *ret = NULL;
		struct err err = { 0 };
		assert_non_null(at);
		memcpy(at, faults[i].to, strlen(faults[i].to));
		if (pdfa_judge(a, p, d.pdf_bytes) == NULL)
			fail_msg("not seen: %s", faults[i].to);
		int r = pdfread(a, p, d.pdf_bytes, &ret, &err);
		if (faults[i].seal_too && r != FAULT_BAD_INPUT)
			fail_msg("kofu-seal would sign %s", faults[i].to);
	}
}

static const char *
id_of(struct arena *a, const struct render_doc *d)
{
	const uint8_t *at = memmem(d->pdf, d->pdf_bytes, "/ID [", 5);
	assert_non_null(at);
	return arena_strndup(a, (const char *)at, 40);
}

/* Same places, same numbers of glyphs: only the shapes, or only the seal, are others. */
static void
the_id_is_the_contents_and_nothing_elses(void **state)
{
	AUTO(arena) struct arena *a = arena_new(6 * (size_t)RENDER_ARENA_BYTES);
	struct render_doc d[4] = { 0 };
	struct err err = { 0 };
	(void)state;
	for (unsigned i = 0; i < N_ELEMENTS(d); i++) {
		struct render_input in = sample_input(a, DOC_INKAN, PROFILE_RENKI, 1);
		struct resident r = *in.persons[0];
		const struct resident *one = &r;
		r.name = i == 2 ? "見本　汰郎" : r.name;
		in.persons = &one;
		in.seal = i == 3 ? sample_seal(a, 424) : in.seal;
		assert_int_equal(render_doc(a, fonts, &in, &d[i], &err), 0);
	}
	assert_int_equal(d[0].pdf_bytes, d[1].pdf_bytes);
	assert_memory_equal(d[0].pdf, d[1].pdf, d[0].pdf_bytes);
	assert_string_not_equal(id_of(a, &d[0]), id_of(a, &d[2]));
	assert_string_not_equal(id_of(a, &d[0]), id_of(a, &d[3]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_break_no_rule_of_pdf_a),
		cmocka_unit_test(the_judge_sees_each_seeded_fault),
		cmocka_unit_test(the_id_is_the_contents_and_nothing_elses),
	};
	return cmocka_run_group_tests_name("render-pdfa", tests, setup, teardown);
}
