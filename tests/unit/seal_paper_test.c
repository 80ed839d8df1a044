/* SPDX-License-Identifier: Apache-2.0 */
/* What kofu-seal accepts as the paper of an order, and what it does not. */
#include "unit.h"

#include "base/log.h"
#include "paper_help.h"
#include "server/render/fontset.h"
#include "server/seal/demand_int.h"
#include "server/seal/pdfread.h"
#include <stdio.h>
#include <string.h>

struct sample {
	struct arena *a;
	struct profile profile;
	struct demand *d;
	struct seal_copy copy;
	struct render_doc doc;
	struct payload_ground grounds[RENDER_MAX_PAGES];
};

static void
sample_people(struct sample *s, unsigned n)
{
	s->d->n_people = s->d->n_printed = n;
	for (unsigned i = 0; i < n; i++) {
		struct demand_person *p = &s->d->people[i];
		paper_resident(s->a, i, &p->row);
		memset(p->ref.b, (int)i + 1, sizeof(p->ref.b));
		p->printed = true;
	}
	s->d->self = s->d->people[0].ref;
}

static void
sample_render(struct sample *s)
{
	const struct resident *persons[ORDER_MAX_PERSONS];
	struct err err = { 0 };
	for (unsigned i = 0; i < s->d->n_printed; i++)
		persons[i] = &s->d->people[i].row;
	const struct render_input in = { .kind = s->d->order.kind,
		.profile = &s->profile,
		.whole_household = s->d->whole_household,
		.options = s->d->order.options,
		.persons = persons,
		.n_persons = s->d->n_printed,
		.seal = s->d->has_seal ? &s->d->seal : NULL,
		.issue_number = s->copy.number,
		.front_code = s->copy.front_code,
		.issued_on = clock_japan(s->d->issued_ms).on };
	int r = render_doc(s->a, paper_fonts(), &in, &s->doc, &err);
	if (r)
		fprintf(stderr, "render: %d %s %s\n", r, err.depth ? err.trail[0].what : "",
		    s->doc.failed_item ? s->doc.failed_item : "");
	assert_int_equal(r, 0);
}

static struct sample *
sample_new(enum doc_kind kind, enum profile_form form, unsigned n, unsigned options)
{
	struct arena *a = arena_new(256 << 20);
	struct sample *s = arena_zero(a, sizeof(*s));
	s->a = a;
	paper_profile(a, form, &s->profile);
	s->d = arena_zero(a, sizeof(*s->d));
	s->d->profile = &s->profile;
	s->d->fonts = paper_fonts();
	s->d->issued_ms = PAPER_ISSUED_MS;
	s->d->order = (struct order){
		.muni = s->profile.muni,
		.kind = kind,
		.scope = n == 1 ? ORDER_SELF : ORDER_HOUSEHOLD,
		.options = options,
		.copies = 1,
	};
	s->d->whole_household = n > 1;
	sample_people(s, n);
	if (kind == DOC_INKAN) {
		s->d->has_seal = true;
		s->d->seal_ref = s->d->self;
		paper_seal(a, &s->d->seal);
	}
	strcpy(s->copy.number, PAPER_NUMBER);
	strcpy(s->copy.front_code, PAPER_CODE);
	sample_render(s);
	return s;
}

static int
check(struct sample *s)
{
	struct err err = { 0 };
	if (!demand_check_rows(s->d))
		return SEAL_E_ROW;
	int r = demand_check_paper(s->d, s->a, &s->copy, &s->doc, s->grounds, &err);
	if (r < 0)
		fprintf(stderr, "%s:%s(%ld)\n", err.trail[0].where, err.trail[0].what,
		    err.trail[0].number);
	return r;
}

/* A ground as a municipality may have it. */
static const struct profile_ground *
some_ground(struct arena *a, int balance)
{
	struct profile_ground *g = arena_zero(a, sizeof(*g));
	g->balance = balance;
	return g;
}

static struct sample *
ground_new(enum doc_kind kind, unsigned n)
{
	struct sample *s = sample_new(kind, PROFILE_RENKI, n, 0);
	s->profile.ground = some_ground(s->a, 2);
	sample_render(s);
	return s;
}

static void
papers_of_every_form_are_accepted(void **state)
{
	(void)state;
	static const struct {
		enum doc_kind kind;
		enum profile_form form;
		unsigned n, options;
	} t[] = {
		{ DOC_JUMINHYO, PROFILE_RENKI, 1, 0 },
		{ DOC_JUMINHYO, PROFILE_RENKI, 4, ORDER_OPTIONS_ALL },
		{ DOC_JUMINHYO, PROFILE_RENKI, 5, ORDER_SETAINUSHI | ORDER_HONSEKI },
		{ DOC_JUMINHYO, PROFILE_KOJIN, 2, ORDER_KOJIN_NO },
		{ DOC_JUMINHYO, PROFILE_KOJIN, RENDER_MAX_PAGES, 0 },
		{ DOC_KISAI, PROFILE_RENKI, 5, ORDER_HONSEKI },
		{ DOC_KISAI, PROFILE_KOJIN, 1, 0 },
		{ DOC_INKAN, PROFILE_RENKI, 1, 0 },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct sample *s = sample_new(t[i].kind, t[i].form, t[i].n, t[i].options);
		int r = check(s);
		arena_free(s->a);
		assert_int_equal(r, 0);
	}
}

/* The paper drawn with a back's form of this content, deflated, of @damage bits in its last bytes.
 */
static int
check_with_hairlines(const char *content, uint8_t damage)
{
	struct render_fonts *f = paper_fonts();
	uint8_t *ours = f->hairlines, z[256];
	size_t bytes = f->hairlines_bytes;
	struct sample *s = sample_new(DOC_JUMINHYO, PROFILE_RENKI, 1, 0);
	f->hairlines = content != NULL ? z : arena_memdup(s->a, ours, bytes);
	if (content != NULL)
		f->hairlines_bytes =
		    libdeflate_zlib_compress(f->deflate, content, strlen(content), z, sizeof(z));
	f->hairlines[f->hairlines_bytes - 1] ^= damage;
	sample_render(s);
	int r = check(s);
	f->hairlines = ours;
	f->hairlines_bytes = bytes;
	arena_free(s->a);
	return r;
}

static void
a_back_without_its_thin_bars_is_refused_whatever_came_before(void **state)
{
	(void)state;
	assert_int_equal(check_with_hairlines(NULL, 0), 0);
	assert_int_equal(check_with_hairlines(NULL, 0), 0); /* seen before */
	assert_true(check_with_hairlines(NULL, 1) < 0);
	assert_true(check_with_hairlines("1 g\n0 0 0.13 0.13 re\nf\n", 0) < 0);
	assert_int_equal(check_with_hairlines("1 g\n0 0 0.12 9.99 re\nf\n", 0), 0);
	assert_true(check_with_hairlines("0 g\n0 0 0.12 9.99 re\nf\n", 0) < 0);
	assert_int_equal(check_with_hairlines(NULL, 0), 0);
}

static void
papers_with_the_municipalitys_ground_are_accepted(void **state)
{
	static const struct {
		enum doc_kind kind;
		unsigned n;
	} t[] = { { DOC_JUMINHYO, 1 }, { DOC_JUMINHYO, 5 }, { DOC_INKAN, 1 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct sample *s = ground_new(t[i].kind, t[i].n);
		assert_int_equal(check(s), 0);
		assert_true(s->grounds[0].on);
		/* The code, and the seals of a page that has them. */
		assert_int_equal(s->grounds[0].n_clears,
		    t[i].kind == DOC_INKAN ? 3
			: t[i].n > 4       ? 1
					   : 2);
		arena_free(s->a);
	}
}

static void
drop_ground(struct sample *s)
{
	s->profile.ground = NULL;
}
static void
other_balance(struct sample *s)
{
	s->profile.ground = some_ground(s->a, 1);
}
static void
other_name(struct sample *s)
{
	s->profile.name = "例示市";
}
static void
no_ground_printed(struct sample *s)
{
	const struct profile_ground *g = s->profile.ground;
	s->profile.ground = NULL;
	sample_render(s);
	s->profile.ground = g;
}

static void
a_ground_that_is_not_the_municipalitys_is_refused(void **state)
{
	static void (*const changes[])(
	    struct sample *) = { drop_ground, other_balance, other_name, no_ground_printed };
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		struct sample *s = ground_new(DOC_JUMINHYO, 2);
		changes[i](s);
		int r = check(s);
		arena_free(s->a);
		if (r != SEAL_E_PAPER)
			fail_msg("change %zu gave %d", i, r);
	}
}

/* Each change makes of a good paper one that is not what rows and order demand. */
static void
change_name(struct sample *s)
{
	s->d->people[0].row.name = "見本　次郎"; /* the row says otherwise than the paper */
}
static void
change_birth(struct sample *s)
{
	s->d->people[0].row.birth = "昭和５５年１月３日";
}
static void
change_number(struct sample *s)
{
	s->copy.number[27] = '4';
}
static void
change_code(struct sample *s)
{
	s->copy.front_code[0] = 'Z';
}
static void
change_options(struct sample *s)
{
	s->d->order.options &= ~(unsigned)ORDER_KOJIN_NO; /* printed, but not asked for */
}
static void
change_more_options(struct sample *s)
{
	s->d->order.options |= ORDER_JUMIN_CODE; /* asked for, but left out */
}
static void
change_day(struct sample *s)
{
	s->d->issued_ms += 24 * 3600 * 1000;
}
static void
change_mayor(struct sample *s)
{
	s->profile.mayor = "見本　町長";
}
static void
change_koin(struct sample *s)
{
	uint8_t *bits = arena_memdup(s->a, s->profile.koin_bits, 63 * 500);
	bits[63 * 250 + 30] ^= 1;
	s->profile.koin_bits = bits;
}
static void
change_person_left_out(struct sample *s)
{
	s->d->n_people = s->d->n_printed = 1;
	s->d->order.scope = ORDER_SELF;
	s->d->whole_household = false;
}
static void
change_back_at(struct sample *s)
{
	s->doc.pages[0].back_at++;
}
static void
change_back_sample(struct sample *s)
{
	uint8_t *pdf = arena_memdup(s->a, s->doc.pdf, s->doc.pdf_bytes);
	pdf[s->doc.pages[0].back_at + 5000] = 1;
	s->doc.pdf = pdf;
}
static void
change_digest(struct sample *s)
{
	s->doc.digest[0] ^= 1;
}
static void
change_field_claim(struct sample *s)
{
	struct render_field *f = arena_memdup(s->a, s->doc.fields, s->doc.n_fields * sizeof(*f));
	for (unsigned i = 0; i < s->doc.n_fields; i++)
		if (strcmp(f[i].key, "p1.name") == 0)
			f[i].key = "p1.name_kana";
	s->doc.fields = f;
}
static void
change_field_dropped(struct sample *s)
{
	s->doc.n_fields--; /* then its text is nobody's */
}
static void
change_nothing(struct sample *s)
{
	(void)s;
}

static void
a_paper_that_differs_in_one_thing_is_refused(void **state)
{
	(void)state;
	static const struct {
		void (*change)(struct sample *s);
		int want;
	} t[] = {
		{ change_nothing, 0 },
		{ change_name, SEAL_E_PAPER },
		{ change_birth, SEAL_E_PAPER },
		{ change_number, SEAL_E_PAPER },
		{ change_code, SEAL_E_PAPER },
		{ change_options, SEAL_E_PAPER },
		{ change_more_options, SEAL_E_PAPER },
		{ change_day, SEAL_E_PAPER },
		{ change_mayor, SEAL_E_PAPER },
		{ change_koin, SEAL_E_PAPER },
		{ change_person_left_out, SEAL_E_PAPER },
		{ change_back_at, SEAL_E_PAPER },
		{ change_back_sample, FAULT_BAD_INPUT },
		{ change_digest, SEAL_E_PAPER },
		{ change_field_claim, SEAL_E_PAPER },
		{ change_field_dropped, SEAL_E_PAPER },
	};
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct sample *s = sample_new(DOC_JUMINHYO, PROFILE_RENKI, 2, ORDER_KOJIN_NO);
		t[i].change(s);
		int r = check(s);
		arena_free(s->a);
		if (r != t[i].want)
			fail_msg("change %zu gave %d", i, r);
	}
}

static void
somebody_elses_seal_is_refused(void **state)
{
	(void)state;
	struct sample *s = sample_new(DOC_INKAN, PROFILE_RENKI, 1, 0);
	uint8_t *bits = arena_memdup(s->a, s->d->seal.bits, seal_bits_bytes(&s->d->seal));
	bits[50 * 200 + 20] ^= 8;
	s->d->seal.bits = bits;
	log_fd = -1;
	assert_int_equal(check(s), SEAL_E_PAPER);
	arena_free(s->a);
}

static void
rows_that_are_not_those_of_the_order_are_refused(void **state)
{
	(void)state;
	struct sample *s = sample_new(DOC_JUMINHYO, PROFILE_RENKI, 2, 0);
	struct demand good = *s->d, *d = s->d;
	assert_true(demand_check_rows(d));
	d->people[1].row.setai_no = "000000000000778"; /* another household */
	assert_false(demand_check_rows(d));
	*d = good;
	d->people[1].row.state = RESIDENT_REMOVED;
	assert_false(demand_check_rows(d));
	*d = good;
	d->people[1].ref = d->people[0].ref; /* twice the same */
	assert_false(demand_check_rows(d));
	*d = good;
	memset(d->self.b, 9, sizeof(d->self.b)); /* the applicant is not among them */
	assert_false(demand_check_rows(d));
	*d = good;
	d->whole_household = false;
	assert_false(demand_check_rows(d));
	*d = good;
	d->order.scope = ORDER_PART;
	d->whole_household = false;
	d->order.n_persons = 1;
	d->order.persons[0] = d->people[1].ref; /* one was asked for, two are there */
	assert_false(demand_check_rows(d));
	d->people[0] = good.people[1];
	d->people[1] = good.people[0];
	d->people[1].printed = false;
	d->n_printed = 1;
	assert_true(demand_check_rows(d)); /* only 花子, asked for by 太郎 */
	*d = good;
	d->order.kind = DOC_INKAN;
	assert_false(demand_check_rows(d));
	*d = good;
	d->order.options = 1u << 7;
	assert_false(demand_check_rows(d));
	arena_free(s->a);
}

static void
only_labels_of_the_form_pass_beside_the_fields(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool label;
	} t[] = { { "住　　所", true }, { "住民票コ", true }, { "＊＊＊", true }, { "見本", false },
		{ "123456789018", false }, { "太郎", false }, { "", false }, { " 　", false } };
	struct sample *s = sample_new(DOC_JUMINHYO, PROFILE_RENKI, 1, 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (demand_is_label(s->d, t[i].text) != t[i].label)
			fail_msg("row %zu", i);
	assert_true(demand_is_back_label("発行番号"));
	assert_false(demand_is_back_label("住　　所"));
	arena_free(s->a);
}

/* Reads what must be read without a fault or refused; counts what was read. */
static unsigned
read_mangled(struct sample *s, size_t step, unsigned *ret_n)
{
	unsigned read = 0;
	uint8_t *pdf = arena_memdup(s->a, s->doc.pdf, s->doc.pdf_bytes);
	for (size_t at = 0; at < s->doc.pdf_bytes; at += step, ++*ret_n) {
		struct arena *a = arena_new(128 << 20);
		struct err err = { 0 };
		struct pdfread *ret = NULL;
		pdf[at] ^= 0x15;
		int r = pdfread(a, pdf, s->doc.pdf_bytes, &ret, &err);
		assert_true(r == 0 || r == FAULT_BAD_INPUT);
		read += r == 0;
		pdf[at] ^= 0x15;
		arena_free(a);
	}
	return read;
}

static void
a_damaged_file_is_refused_or_reads_as_what_it_says(void **state)
{
	(void)state;
	struct sample *s = sample_new(DOC_INKAN, PROFILE_RENKI, 1, 0);
	struct err err = { 0 };
	struct pdfread *ret = NULL;
	unsigned n = 0;
	(void)read_mangled(s, 211, &n);
	assert_true(n > 400);
	for (size_t cut = 0; cut < 300; cut++) /* cut off behind, or something put behind */
		assert_int_equal(pdfread(s->a, s->doc.pdf, cut, &ret, &err), FAULT_BAD_INPUT);
	assert_int_equal(
	    pdfread(s->a, s->doc.pdf, s->doc.pdf_bytes - 20, &ret, &err), FAULT_BAD_INPUT);
	uint8_t *more = arena_zero(s->a, s->doc.pdf_bytes + 10);
	memcpy(more, s->doc.pdf, s->doc.pdf_bytes);
	memcpy(more + s->doc.pdf_bytes, "%%EOF\n", 6);
	assert_int_equal(pdfread(s->a, more, s->doc.pdf_bytes + 6, &ret, &err), FAULT_BAD_INPUT);
	arena_free(s->a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_of_every_form_are_accepted),
		cmocka_unit_test(a_back_without_its_thin_bars_is_refused_whatever_came_before),
		cmocka_unit_test(papers_with_the_municipalitys_ground_are_accepted),
		cmocka_unit_test(a_ground_that_is_not_the_municipalitys_is_refused),
		cmocka_unit_test(a_paper_that_differs_in_one_thing_is_refused),
		cmocka_unit_test(somebody_elses_seal_is_refused),
		cmocka_unit_test(rows_that_are_not_those_of_the_order_are_refused),
		cmocka_unit_test(only_labels_of_the_form_pass_beside_the_fields),
		cmocka_unit_test(a_damaged_file_is_refused_or_reads_as_what_it_says),
	};
	return cmocka_run_group_tests_name("seal-paper", tests, NULL, NULL);
}
