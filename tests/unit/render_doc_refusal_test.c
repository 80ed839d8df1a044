/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that are not drawn: what is refused, and the item that is named. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "server/render/form.h"
#include "server/render/render.h"
#include "tests/golden/sample.h"

#include <stdio.h>
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

static int
refusal(struct resident r, unsigned options, const char **ret_item)
{
	AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
	struct render_input in = sample_input(a, DOC_JUMINHYO, PROFILE_RENKI, 1);
	const struct resident *one = &r;
	struct render_doc d = { 0 };
	struct err err = { 0 };
	in.persons = &one;
	in.options = options;
	static char item[FORM_MAX_NAME + 1]; /* the form goes with the arena */
	int outcome = render_doc(a, fonts, &in, &d, &err);
	(void)snprintf(item, sizeof(item), "%s", d.failed_item != NULL ? d.failed_item : "");
	*ret_item = item;
	return outcome;
}

static void
a_character_that_cannot_be_printed_refuses_and_names_the_item(void **state)
{
	const char *item = NULL;
	struct resident r = sample_persons[0];
	(void)state;
	r.name = "見本　\u845B\U000E0100"; /* Adobe-Japan1's selector */
	assert_int_equal(refusal(r, ORDER_OPTIONS_ALL, &item), RENDER_E_NO_GLYPH);
	assert_string_equal(item, "name");
	r = sample_persons[0];
	r.honseki = "架空県\uE000";
	assert_int_equal(refusal(r, ORDER_OPTIONS_ALL, &item), RENDER_E_NO_GLYPH);
	assert_string_equal(item, "honseki");
	/* What is left out is not looked at. */
	assert_int_equal(refusal(r, 0, &item), 0);
}

static const char *
repeated(struct arena *a, const char *s, unsigned n)
{
	struct buf b;
	buf_init(&b, 65536);
	for (unsigned i = 0; i < n; i++)
		buf_text(&b, s);
	const char *out = arena_strndup(a, (char *)b.p, b.bytes);
	buf_done(&b);
	return out;
}

static void
a_text_that_does_not_fit_refuses_and_names_the_item(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	const char *item = NULL;
	struct resident r = sample_persons[0];
	(void)state;
	/* 81 mm less the margins: 35 letters of 6.24 pt on each of three lines. */
	unsigned most = 0;
	for (unsigned n = 50; n <= 150 && most == 0; n++) {
		r.name = repeated(a, "本", n);
		int outcome = refusal(r, 0, &item);
		if (outcome != 0) {
			assert_int_equal(outcome, RENDER_E_OVERFLOW);
			assert_string_equal(item, "name");
			most = n - 1;
		}
	}
	assert_true(most >= 60);
	r = sample_persons[0];
	r.prev_address = repeated(a, "本", 200);
	assert_int_equal(refusal(r, 0, &item), RENDER_E_OVERFLOW);
	assert_string_equal(item, "prev_address");
}

/* Five lines of 68 in the long head; the register takes 200 and 100, and a space parts them. */
static void
the_longest_address_with_its_katagaki_fits_and_not_six_lines(void **state)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	const char *item = NULL;
	struct resident r = sample_persons[0];
	(void)state;
	r.katagaki = repeated(a, "室", 100);
	r.address = repeated(a, "本", 200);
	assert_int_equal(refusal(r, 0, &item), 0);
	r.address = repeated(a, "本", 239);
	assert_int_equal(refusal(r, 0, &item), 0);
	r.address = repeated(a, "本", 240);
	assert_int_equal(refusal(r, 0, &item), RENDER_E_OVERFLOW);
	assert_string_equal(item, "address");
}

/* Who has not declared is not somebody with 0 yen. */
static void
a_missing_amount_refuses_the_certificate_and_names_it(void **state)
{
	(void)state;
	for (unsigned left_out = 0; left_out < 2; left_out++) {
		AUTO(arena) struct arena *a = arena_new(2 * (size_t)RENDER_ARENA_BYTES);
		struct render_input in = sample_kazei(a);
		struct render_doc d = { 0 };
		struct err err = { 0 };
		const char *last = in.data[in.n_data - 1].key;
		in.n_data -= left_out;
		assert_int_equal(
		    render_doc(a, fonts, &in, &d, &err), left_out ? RENDER_E_MISSING : 0);
		if (left_out)
			assert_string_equal(d.failed_item, last);
	}
}

static void
a_form_of_no_kind_is_refused_for_a_kind_and_the_other_way_round(void **state)
{
	AUTO(arena) struct arena *a = arena_new(2 * (size_t)RENDER_ARENA_BYTES);
	struct render_input kazei = sample_kazei(a);
	struct render_input in = sample_input(a, DOC_JUMINHYO, PROFILE_RENKI, 1);
	struct render_doc d = { 0 };
	struct err err = { 0 };
	(void)state;
	kazei.kind = DOC_JUMINHYO;
	assert_int_equal(render_doc(a, fonts, &kazei, &d, &err), FAULT_BAD_INPUT);
	in.kind = (enum doc_kind)0;
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), FAULT_BAD_INPUT);
	in.form = in.profile->forms[DOC_JUMINHYO];
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), FAULT_BAD_INPUT);
}

static void
more_persons_than_pages_refuse(void **state)
{
	AUTO(arena) struct arena *a = arena_new(2 * (size_t)RENDER_ARENA_BYTES);
	struct render_doc d = { 0 };
	struct err err = { 0 };
	struct render_input in = sample_input(a, DOC_JUMINHYO, PROFILE_KOJIN, RENDER_MAX_PAGES + 1);
	(void)state;
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), RENDER_E_TOO_MANY);
	in.n_persons = RENDER_MAX_PAGES;
	assert_int_equal(render_doc(a, fonts, &in, &d, &err), 0);
	AUTO(arena) struct arena *b = arena_new(RENDER_ARENA_BYTES);
	in = sample_input(b, DOC_JUMINHYO, PROFILE_RENKI, ORDER_MAX_PERSONS);
	assert_int_equal(render_doc(b, fonts, &in, &d, &err), 0);
	assert_int_equal(d.n_pages, 10);
}

static void
an_input_that_breaks_the_contract_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		AUTO(arena) struct arena *a = arena_new(RENDER_ARENA_BYTES);
		struct render_input in =
		    sample_input(a, i == 8 ? DOC_JUMINHYO : DOC_INKAN, PROFILE_RENKI, 1);
		struct profile p = *in.profile;
		struct seal_row s = *sample_seal(a, 425);
		struct render_doc d = { 0 };
		struct err err = { 0 };
		in.profile = &p;
		in.seal = &s;
		in.front_code = i == 0 ? "7Q3MZK8T1VXE5R0" : in.front_code;
		in.front_code = i == 1 ? "7Q3MZK8T1VXE5R0U" : in.front_code;
		in.issue_number = i == 2 ? "" : in.issue_number;
		in.n_persons = i == 3 ? 2 : in.n_persons;
		in.n_persons = i == 4 ? 0 : in.n_persons;
		s.width_px = i == 5 ? SEAL_MAX_PX + 1 : s.width_px;
		p.koin_bits = i == 6 ? NULL : p.koin_bits;
		p.kinds[DOC_INKAN].ninsho_all = i == 7 ? NULL : p.kinds[DOC_INKAN].ninsho_all;
		/* 8: a seal on a 住民票 */
		in.kind = i == 9 ? (enum doc_kind)3 : in.kind;
		assert_int_equal(render_doc(a, fonts, &in, &d, &err), FAULT_BAD_INPUT);
		assert_null(d.pdf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_that_cannot_be_printed_refuses_and_names_the_item),
		cmocka_unit_test(a_text_that_does_not_fit_refuses_and_names_the_item),
		cmocka_unit_test(the_longest_address_with_its_katagaki_fits_and_not_six_lines),
		cmocka_unit_test(a_missing_amount_refuses_the_certificate_and_names_it),
		cmocka_unit_test(a_form_of_no_kind_is_refused_for_a_kind_and_the_other_way_round),
		cmocka_unit_test(more_persons_than_pages_refuse),
		cmocka_unit_test(an_input_that_breaks_the_contract_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
