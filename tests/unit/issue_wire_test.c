/* SPDX-License-Identifier: Apache-2.0 */
/* The renderer's wire, PackBits, and the wire of kofu-seal. */
#include "unit.h"

#include "base/rand.h"
#include "paper_help.h"
#include "server/issue/render_wire.h"
#include "server/seal/message.h"
#include "server/seal/seal.h"
#include <string.h>

static void
request_good(struct arena *a, struct render_request *q)
{
	memset(q, 0, sizeof(*q));
	memcpy(q->muni.s, PAPER_MUNI, 7);
	q->kind = DOC_INKAN;
	q->options = 0;
	q->issued_on = (struct civil_date){ 2026, 11, 21 };
	q->n_persons = 1;
	paper_resident(a, 0, &q->persons[0]);
	q->has_seal = true;
	paper_seal(a, &q->seal);
	q->n_copies = 2;
	for (unsigned i = 0; i < 2; i++) {
		q->copies[i].number = PAPER_NUMBER;
		strcpy(q->copies[i].front_code, PAPER_CODE);
	}
}

/* Every prefix and every one-byte extension of a good message is refused; so is any other label. */
static void
a_request_comes_back_as_it_was_and_no_part_of_it_does(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct render_request *q = arena_zero(a, sizeof(*q)), *back = arena_zero(a, sizeof(*back));
	struct err err = { 0 };
	struct buf b, again;
	request_good(a, q);
	buf_init(&b, RENDER_WIRE_MAX_REQUEST);
	buf_init(&again, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(q, &b);
	assert_true(buf_ok(&b));
	assert_int_equal(render_request_decode(a, b.p, b.bytes, back, &err), 0);
	render_request_encode(back, &again);
	assert_int_equal(again.bytes, b.bytes);
	assert_memory_equal(again.p, b.p, b.bytes);
	assert_string_equal(back->persons[0].name, "見本　太郎");
	for (size_t n = 0; n < b.bytes; n += n < 600 ? 1 : 97) {
		AUTO(arena) struct arena *t = arena_new(8 << 20);
		assert_int_equal(render_request_decode(t, b.p, n, back, &err), FAULT_BAD_INPUT);
	}
	buf_u8(&b, 0);
	assert_int_equal(render_request_decode(a, b.p, b.bytes, back, &err), FAULT_BAD_INPUT);
	b.p[3] ^= 1;
	assert_int_equal(render_request_decode(a, b.p, b.bytes - 1, back, &err), FAULT_BAD_INPUT);
	buf_done(&b);
	buf_done(&again);
}

static void
set_no_person(struct render_request *q)
{
	q->n_persons = 0;
}
static void
set_no_copy(struct render_request *q)
{
	q->n_copies = 0;
}
static void
set_seal_missing(struct render_request *q)
{
	q->has_seal = false;
}
static void
set_seal_too_much(struct render_request *q)
{
	q->kind = DOC_JUMINHYO;
}
static void
set_kind(struct render_request *q)
{
	q->kind = (enum doc_kind)7;
}
static void
set_options(struct render_request *q)
{
	q->options = 1u << 8;
}
static void
set_muni(struct render_request *q)
{
	q->muni.s[5] ^= 1;
}
static void
set_month(struct render_request *q)
{
	q->issued_on.month = 13;
}
static void
set_code(struct render_request *q)
{
	q->copies[1].front_code[3] = 'U';
}
static void
set_number(struct render_request *q)
{
	q->copies[0].number = "";
}
static void
set_long_number(struct render_request *q)
{
	q->copies[0].number = "12345678901234567890123456789012345678901234567890123456789012345";
}

static void
requests_that_break_the_wire_are_refused(void **state)
{
	(void)state;
	static void (*const changes[])(struct render_request *) = { set_no_person, set_no_copy,
		set_seal_missing, set_seal_too_much, set_kind, set_options, set_muni, set_month,
		set_code, set_number, set_long_number };
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct render_request *q = arena_zero(a, sizeof(*q)), *back = arena_zero(a, sizeof(*back));
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		struct err err = { 0 };
		struct buf b;
		request_good(a, q);
		changes[i](q);
		buf_init(&b, RENDER_WIRE_MAX_REQUEST);
		render_request_encode(q, &b);
		int r = render_request_decode(a, b.p, b.bytes, back, &err);
		buf_done(&b);
		if (r != FAULT_BAD_INPUT)
			fail_msg("change %zu gave %d", i, r);
	}
}

/* Of result_good(): what stands before, between and behind the backs of its two sheets. */
enum { BEFORE = 100, BETWEEN = 50, BEHIND = 25 };
enum {
	SECOND_BACK = BEFORE + RENDER_BACK_BYTES + BETWEEN,
	PDF_BYTES = SECOND_BACK + RENDER_BACK_BYTES + BEHIND,
};

static void
result_good(struct arena *a, struct render_result *r)
{
	struct render_field *f = arena_zero_n(a, 2, sizeof(*f));
	memset(r, 0, sizeof(*r));
	f[0] = (struct render_field){ 0, "p1.name", "見本　太郎", 1, 2, 3, 4 };
	f[1] = (struct render_field){ 1, "p1.biko", "", 5, 6, 7, 8 };
	r->n_copies = 1;
	r->docs[0] = (struct render_doc){ .pdf = arena_zero(a, PDF_BYTES),
		.pdf_bytes = PDF_BYTES,
		.n_pages = 2,
		.fields = f,
		.n_fields = 2,
		.digest = "0123456789abcdef" };
	memset(r->docs[0].pdf, 'a', BEFORE);
	memset(r->docs[0].pdf + BEFORE + RENDER_BACK_BYTES, 'b', BETWEEN);
	memset(r->docs[0].pdf + PDF_BYTES - BEHIND, 'c', BEHIND);
	r->docs[0].pages[0] = (struct render_page){ .front = { 1, 2, 3 }, .back_at = BEFORE };
	r->docs[0].pages[1] = (struct render_page){ .front = { 4 }, .back_at = SECOND_BACK };
}

static void
set_no_doc(struct render_result *r)
{
	r->n_copies = 0;
}
static void
set_field_page(struct render_result *r)
{
	((struct render_field *)(uintptr_t)r->docs[0].fields)[0].page = 2;
}
static void
set_field_key(struct render_result *r)
{
	((struct render_field *)(uintptr_t)r->docs[0].fields)[0].key = "";
}
static void
set_field_text(struct render_result *r)
{
	((struct render_field *)(uintptr_t)r->docs[0].fields)[0].value = "\xC0\x80";
}
static void
set_outcome(struct render_result *r)
{
	r->outcome = 7;
}

/* A number of an encoded result_good() changed. */
static int
decode_with(const struct buf *b, size_t at, uint32_t value)
{
	AUTO(arena) struct arena *a = arena_new(64 << 20);
	struct render_result *back = arena_zero(a, sizeof(*back));
	struct err err = { 0 };
	uint8_t *p = arena_memdup(a, b->p, b->bytes);
	for (unsigned i = 0; i < 4; i++)
		p[at + i] = (uint8_t)(value >> (24 - 8 * i));
	return render_result_decode(a, p, b->bytes, back, &err);
}

static void
backs_lie_in_order_inside_the_pdf(void **state)
{
	(void)state;
	enum { PDF_BYTES_AT = 26, FIRST_AT = 30, SECOND_AT = FIRST_AT + 4 + RENDER_FRONT_BYTES };
	static const struct {
		size_t at;
		uint32_t value;
		int r;
	} cases[] = {
		{ FIRST_AT, BEFORE, 0 },
		{ FIRST_AT, 0, 0 },
		{ FIRST_AT, BEFORE + BETWEEN, 0 },
		{ FIRST_AT, BEFORE + BETWEEN + 1, FAULT_BAD_INPUT },
		{ FIRST_AT, UINT32_MAX, FAULT_BAD_INPUT },
		{ SECOND_AT, BEFORE + RENDER_BACK_BYTES, 0 },
		{ SECOND_AT, BEFORE + RENDER_BACK_BYTES - 1, FAULT_BAD_INPUT },
		{ SECOND_AT, PDF_BYTES - RENDER_BACK_BYTES, 0 },
		{ SECOND_AT, PDF_BYTES - RENDER_BACK_BYTES + 1, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, PDF_BYTES - 1, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, PDF_BYTES + 1, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, SECOND_BACK + RENDER_BACK_BYTES - 1, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, RENDER_WIRE_MAX_PDF, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, RENDER_WIRE_MAX_PDF + 1, FAULT_BAD_INPUT },
		{ PDF_BYTES_AT, 0, FAULT_BAD_INPUT },
	};
	AUTO(arena) struct arena *a = arena_new(16 << 20);
	struct render_result *r = arena_zero(a, sizeof(*r));
	struct buf b;
	result_good(a, r);
	buf_init(&b, RENDER_WIRE_MAX_BYTES);
	render_result_encode(r, &b);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		int is = decode_with(&b, cases[i].at, cases[i].value);
		if (is != cases[i].r)
			fail_msg("case %zu gave %d", i, is);
	}
	buf_done(&b);
}

static void
results_come_back_as_they_were_or_are_refused(void **state)
{
	(void)state;
	static void (*const changes[])(struct render_result *) = { set_no_doc, set_field_page,
		set_field_key, set_field_text, set_outcome };
	AUTO(arena) struct arena *a = arena_new(128 << 20);
	struct render_result *r = arena_zero(a, sizeof(*r)), *back = arena_zero(a, sizeof(*back));
	struct err err = { 0 };
	struct buf b;
	result_good(a, r);
	buf_init(&b, RENDER_WIRE_MAX_BYTES);
	render_result_encode(r, &b);
	assert_true(b.bytes < RENDER_BACK_BYTES); /* the backs do not come along */
	assert_int_equal(render_result_decode(a, b.p, b.bytes, back, &err), 0);
	assert_int_equal(back->docs[0].pdf_bytes, PDF_BYTES);
	assert_memory_equal(back->docs[0].pdf, r->docs[0].pdf, PDF_BYTES);
	assert_memory_equal(
	    back->docs[0].pages[0].front, r->docs[0].pages[0].front, RENDER_FRONT_BYTES);
	assert_null(back->docs[0].pages[0].drawn);
	assert_string_equal(back->docs[0].fields[0].value, "見本　太郎");
	assert_string_equal(back->docs[0].digest, "0123456789abcdef");
	for (size_t n = 0; n < b.bytes; n += 1 + b.bytes / 200) {
		AUTO(arena) struct arena *t = arena_new(16 << 20);
		assert_int_equal(render_result_decode(t, b.p, n, back, &err), FAULT_BAD_INPUT);
	}
	buf_done(&b);
	for (size_t i = 0; i < N_ELEMENTS(changes); i++) {
		result_good(a, r);
		changes[i](r);
		buf_init(&b, RENDER_WIRE_MAX_BYTES);
		render_result_encode(r, &b);
		int e = render_result_decode(a, b.p, b.bytes, back, &err);
		buf_done(&b);
		if (e != FAULT_BAD_INPUT)
			fail_msg("change %zu gave %d", i, e);
	}
}

static void
ask_good(struct seal_ask *q, struct seal_row_box *rows, struct seal_copy *copies)
{
	static const uint8_t bytes[100] = { 1, 2, 3 };
	*q = (struct seal_ask){ .muni = { PAPER_MUNI },
		.transcript = bytes,
		.transcript_bytes = 90,
		.certificate = bytes,
		.certificate_bytes = 80,
		.signature = bytes,
		.signature_bytes = 70,
		.order = "eyJ",
		.order_bytes = 3,
		.card = { .rireki_no = 2, .sealed = bytes, .bytes = 40 },
		.rows = rows,
		.n_rows = 2,
		.copies = copies,
		.n_copies = 1,
		.register_ms = 5,
		.issued_ms = 6,
		.schema = 3,
		.rendered = bytes,
		.rendered_bytes = 60,
		.n_keys = 2,
		.keys = { { .use = SEAL_KEY_DATA, .generation = 2, .wrapped = { 7 } },
		    { .use = SEAL_KEY_REF, .wrapped = { 8 } } } };
	for (unsigned i = 0; i < 2; i++)
		rows[i] = (struct seal_row_box){ .kind = i ? VAULT_SEAL : VAULT_RESIDENT,
			.printed = true,
			.rireki_no = 4,
			.sealed = bytes,
			.sealed_bytes = 50 };
	*copies = (struct seal_copy){ .number = PAPER_NUMBER, .front_code = PAPER_CODE };
}

static void
what_is_asked_of_the_seal_comes_back_and_no_part_of_it_does(void **state)
{
	(void)state;
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	struct seal_row_box rows[2];
	struct seal_copy copy;
	struct seal_ask q, back;
	struct err err = { 0 };
	struct buf b, again;
	ask_good(&q, rows, &copy);
	buf_init(&b, 1 << 20);
	buf_init(&again, 1 << 20);
	seal_papers_encode(&q, &b);
	assert_int_equal(seal_papers_decode(a, b.p, b.bytes, &back, &err), 0);
	seal_papers_encode(&back, &again);
	assert_int_equal(again.bytes, b.bytes);
	assert_memory_equal(again.p, b.p, b.bytes);
	for (size_t n = 0; n < b.bytes; n++)
		assert_int_equal(seal_papers_decode(a, b.p, n, &back, &err), FAULT_BAD_INPUT);
	buf_u8(&b, 0);
	assert_int_equal(seal_papers_decode(a, b.p, b.bytes, &back, &err), FAULT_BAD_INPUT);
	buf_done(&b);
	buf_done(&again);
}

/* Keys of an order: how many, of what use, of which generation. */
static int
keys_asked(unsigned n, uint8_t use, uint16_t generation)
{
	AUTO(arena) struct arena *a = arena_new(8 << 20);
	struct seal_row_box rows[2];
	struct seal_copy copy;
	struct seal_ask q, back;
	struct err err = { 0 };
	struct buf b;
	ask_good(&q, rows, &copy);
	q.n_keys = n < SEAL_MAX_KEYS ? n : SEAL_MAX_KEYS;
	for (unsigned i = 0; i < q.n_keys; i++)
		q.keys[i] = (struct seal_key){ .use = use, .generation = generation };
	buf_init(&b, 1 << 20);
	seal_papers_encode(&q, &b);
	b.p[6] = (uint8_t)n; /* behind the municipality */
	int r = seal_papers_decode(a, b.p, b.bytes, &back, &err);
	buf_done(&b);
	return r;
}

static void
an_order_brings_one_to_four_keys_that_there_can_be(void **state)
{
	(void)state;
	assert_int_equal(keys_asked(0, SEAL_KEY_DATA, 1), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_DATA, 1), 0);
	assert_int_equal(keys_asked(SEAL_MAX_KEYS, SEAL_KEY_DATA, 1), 0);
	assert_int_equal(keys_asked(SEAL_MAX_KEYS + 1, SEAL_KEY_DATA, 1), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_DATA, VAULT_MAX_GENERATIONS), 0);
	assert_int_equal(keys_asked(1, SEAL_KEY_DATA, VAULT_MAX_GENERATIONS + 1), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_DATA, 0), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_REF, 0), 0);
	assert_int_equal(keys_asked(1, SEAL_KEY_REF, 1), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_AUDIT, 1), FAULT_BAD_INPUT); /* opens no row */
	assert_int_equal(keys_asked(1, 0, 1), FAULT_BAD_INPUT);
	assert_int_equal(keys_asked(1, SEAL_KEY_AUDIT + 1, 1), FAULT_BAD_INPUT);
}

static void
answers_of_the_seal_keep_outcomes_and_faults_apart(void **state)
{
	(void)state;
	static const struct {
		int sent, want;
	} t[] = { { 0, 0 }, { SEAL_E_PAPER, SEAL_E_PAPER }, { SEAL_E_NO_KEY, SEAL_E_NO_KEY },
		{ FAULT_INTEGRITY, FAULT_INTEGRITY }, { FAULT_CONFIG, FAULT_CONFIG },
		{ -77, FAULT_INTERNAL }, { 5, FAULT_INTERNAL },
		{ SEAL_E_GENERATION, SEAL_E_GENERATION }, { SEAL_E_CLOCK, SEAL_E_CLOCK },
		{ SEAL_E_CLOCK + 1, FAULT_INTERNAL } };
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct err err = { 0 };
		struct buf b;
		struct rd rd;
		buf_init(&b, 100);
		seal_answer_begin(&b, t[i].sent);
		assert_int_equal(seal_answer_open(&b, &rd, &err), t[i].want);
		b.bytes--;
		assert_int_equal(seal_answer_open(&b, &rd, &err), FAULT_INTERNAL);
		buf_done(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_back_as_it_was_and_no_part_of_it_does),
		cmocka_unit_test(requests_that_break_the_wire_are_refused),
		cmocka_unit_test(results_come_back_as_they_were_or_are_refused),
		cmocka_unit_test(backs_lie_in_order_inside_the_pdf),
		cmocka_unit_test(an_order_brings_one_to_four_keys_that_there_can_be),
		cmocka_unit_test(what_is_asked_of_the_seal_comes_back_and_no_part_of_it_does),
		cmocka_unit_test(answers_of_the_seal_keep_outcomes_and_faults_apart),
	};
	return cmocka_run_group_tests_name("issue-wire", tests, NULL, NULL);
}
