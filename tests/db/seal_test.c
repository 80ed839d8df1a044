/* SPDX-License-Identifier: Apache-2.0 */
/* kofu-seal believes neither the front nor the renderer: each lie alone is refused. */
#include "tests/db/front_rig.h"
#include "tests/unit/paper_help.h"

#include "base/clock.h"
#include "base/file.h"
#include "pki/jose.h"
#include "server/front/store.h"
#include "server/issue/warm.h"
#include "server/seal/message.h"
#include "server/seal/worker.h"
#include "wire/frame.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct seal_worker *worker;
static struct arena *a;
static struct render_fonts *fonts;
static struct buf drawn; /* the imprint that the renderer was given; empty: none */

static int
up(void **state)
{
	struct err err = { 0 };
	struct seal_conf *c;
	int r = rig_up(state);
	if (r)
		return r;
	a = arena_new((size_t)1 << 30);
	worker = arena_zero(a, sizeof(*worker));
	c = arena_zero(a, sizeof(*c));
	const char *folder = arena_strndup(a, rig.conf.seal_socket,
	    (size_t)(strrchr(rig.conf.seal_socket, '/') - rig.conf.seal_socket));
	assert_int_equal(seal_conf_load(a, arena_printf(a, "%s/seal.conf", folder), c, &err), 0);
	assert_int_equal(render_fonts_open(c->fonts, &fonts, &err), 0);
	return seal_worker_open(worker, c, fonts, &err);
}

static int
down(void **state)
{
	seal_worker_close(worker);
	render_fonts_free(fonts);
	arena_free(a);
	return rig_down(state);
}

/* All that an honest front would send for an order of 見本 太郎's household. */
struct given {
	struct rig_session s, other;
	struct order o;
	struct seal_ask ask;
	struct seal_row_box rows[4];
	struct vault_card_row card;
	struct seal_copy copies[2];
	struct store_view view;
	struct buf rendered;
};

static const char *
order_jws(const struct rig_session *s, const struct order *o)
{
	struct key_signer signer = key_as_signer(s->key);
	struct err err = { 0 };
	struct buf b;
	char *jws = NULL;
	buf_init(&b, ORDER_MAX_BYTES);
	order_format(o, &b);
	assert_int_equal(jws_sign(a, &signer, "kofu-order", b.p, b.bytes, &jws, &err), 0);
	buf_done(&b);
	return jws;
}

static void
render_of(struct given *g, const char *name, const char *number)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct buf in;
	struct err err = { 0 };
	q->muni = rig.profile.muni;
	q->kind = DOC_JUMINHYO;
	q->whole_household = true;
	q->issued_on = clock_japan(g->ask.issued_ms).on;
	q->n_persons = 3;
	for (unsigned i = 0; i < 3; i++)
		paper_resident(a, i, &q->persons[i]);
	if (name != NULL)
		q->persons[1].name = name;
	q->imprint = drawn.p;
	q->imprint_bytes = drawn.bytes;
	q->n_copies = 1;
	q->copies[0].number = number;
	memcpy(q->copies[0].front_code, PAPER_CODE, sizeof(PAPER_CODE));
	buf_done(&g->rendered);
	buf_init(&g->rendered, RENDER_WIRE_MAX_BYTES);
	buf_init(&in, RENDER_WIRE_MAX_REQUEST);
	render_request_encode(q, &in);
	assert_int_equal(warm_render(&rig.warm, &in, 20000, &g->rendered, &err), 0);
	buf_done(&in);
	g->ask.rendered = g->rendered.p;
	g->ask.rendered_bytes = g->rendered.bytes;
}

static void
rows_read(struct given *g)
{
	rig_view(&g->s, a, &g->view);
	g->card = rig_card_row(0);
	assert_int_equal(g->view.v.n_persons, 3);
	for (unsigned i = 0; i < 3; i++)
		g->rows[i] = (struct seal_row_box){ .kind = VAULT_RESIDENT,
			.printed = true,
			.ref = g->view.v.persons[i].ref,
			.rireki_no = 3,
			.sealed = g->view.rows[i].sealed,
			.sealed_bytes = g->view.rows[i].bytes };
}

static void
given_good(struct given *g)
{
	rig_session(&g->s, &(struct rig_card){ .person = 0 });
	rig_session(&g->other, &(struct rig_card){ .person = 0 });
	g->o = rig_order_of(&g->s, DOC_JUMINHYO, ORDER_HOUSEHOLD);
	rows_read(g);
	g->copies[0] = (struct seal_copy){ .number = PAPER_NUMBER, .front_code = PAPER_CODE };
	g->copies[1] = g->copies[0];
	const char *jws = order_jws(&g->s, &g->o);
	g->ask = (struct seal_ask){ .muni = rig.profile.muni,
		.transcript = g->s.transcript,
		.transcript_bytes = g->s.transcript_bytes,
		.certificate = g->s.certificate,
		.certificate_bytes = g->s.certificate_bytes,
		.signature = g->s.signature,
		.signature_bytes = g->s.signature_bytes,
		.order = jws,
		.order_bytes = strlen(jws),
		.self = rig.ref[0],
		.card = g->card,
		.whole_household = true,
		.rows = g->rows,
		.n_rows = 3,
		.copies = g->copies,
		.n_copies = 1,
		.register_ms = 1790000000123,
		.issued_ms = clock_now_ms(),
		.schema = 3 };
	ring_tell(&rig.front.munis[0].ring, &g->ask);
	render_of(g, NULL, PAPER_NUMBER);
}

static void
order_set(struct given *g, const struct rig_session *by)
{
	g->ask.order = order_jws(by, &g->o);
	g->ask.order_bytes = strlen(g->ask.order);
}

static void
lie_none(struct given *g)
{
	(void)g;
}
static void
lie_row_of_another(struct given *g)
{
	g->rows[1].sealed = g->rows[2].sealed;
	g->rows[1].sealed_bytes = g->rows[2].sealed_bytes;
}
static void
lie_ref(struct given *g)
{
	g->rows[1].ref = rig.ref[3];
}
/* A card's row that was exchanged with another person's, or with another card's. */
static void
lie_card_of_another(struct given *g)
{
	g->ask.card = rig_card_row(1);
	g->ask.card.ref = rig.ref[0];
}
static void
lie_card_rireki(struct given *g)
{
	g->ask.card.rireki_no++;
}
static void
lie_rireki(struct given *g)
{
	g->rows[1].rireki_no = 4;
}
static void
lie_kind(struct given *g)
{
	g->rows[2].kind = VAULT_SEAL;
}
static void
lie_row_twice(struct given *g)
{
	g->rows[2] = g->rows[1];
}
static void
lie_row_left_out(struct given *g)
{
	g->ask.n_rows = 2;
}
static void
lie_order_of_rows(struct given *g)
{
	struct seal_row_box b = g->rows[0];
	g->rows[0] = g->rows[1];
	g->rows[1] = b;
}
static void
lie_self(struct given *g)
{
	g->ask.self = rig.ref[3];
}
static void
lie_whole(struct given *g)
{
	g->ask.whole_household = false;
}
static void
lie_card_signature(struct given *g)
{
	g->s.signature[40] ^= 1;
}
static void
lie_transcript(struct given *g)
{
	g->ask.transcript = g->other.transcript;
	g->ask.transcript_bytes = g->other.transcript_bytes;
}
static void
lie_stranger(struct given *g)
{
	rig_session_end(&g->s);
	rig_session(&g->s, &(struct rig_card){ .person = 0, .stranger_ca = true });
	g->ask.transcript_bytes = g->s.transcript_bytes;
	g->ask.certificate = g->s.certificate;
	g->ask.certificate_bytes = g->s.certificate_bytes;
	memcpy(g->o.transcript, g->s.th, 32);
	order_set(g, &g->s);
}
static void
lie_order_signer(struct given *g)
{
	order_set(g, &g->other);
}
static void
lie_order_session(struct given *g)
{
	memcpy(g->o.transcript, g->other.th, 32);
	order_set(g, &g->s);
}
static void
lie_order_muni(struct given *g)
{
	memcpy(g->o.muni.s, "011002", 7);
	order_set(g, &g->s);
}
static void
lie_order_copies(struct given *g)
{
	g->o.copies = 2;
	order_set(g, &g->s);
}
static void
lie_order_options(struct given *g)
{
	g->o.options = ORDER_KOJIN_NO; /* asked for, but the paper has it left out */
	order_set(g, &g->s);
}
static void
lie_order_scope(struct given *g)
{
	g->o.scope = ORDER_SELF;
	order_set(g, &g->s);
}
static void
lie_muni(struct given *g)
{
	memcpy(g->ask.muni.s, "011002", 7);
}
static void
lie_wrapped(struct given *g)
{
	g->ask.keys[0].wrapped[30] ^= 1;
}
static void
lie_time(struct given *g)
{
	g->ask.issued_ms -= 120000;
}
static void
lie_number(struct given *g)
{
	g->copies[0].number[20] ^= 1;
}
static void
lie_code(struct given *g)
{
	g->copies[0].front_code[3] ^= 1;
}
static void
lie_paper_of_another(struct given *g)
{
	render_of(g, "見本　次郎", PAPER_NUMBER);
}
static void
lie_paper_number(struct given *g)
{
	render_of(g, NULL, "991015-20261121-K0001-000124");
}
static void
lie_paper_back_filled(struct given *g)
{
	static const uint8_t white[64] = { 0 };
	uint8_t *at = memmem(g->rendered.p, g->rendered.bytes, "/Width 736", 10);
	assert_non_null(at);
	at = memmem(at, g->rendered.bytes - (size_t)(at - g->rendered.p), white, sizeof(white));
	assert_non_null(at);
	at[30] = 0xFF;
}
static void
lie_rendered_cut(struct given *g)
{
	g->ask.rendered_bytes--;
}

static const struct {
	void (*lie)(struct given *g);
	int want;
} lies[] = {
	{ lie_none, 0 },
	{ lie_row_of_another, SEAL_E_ROW },
	{ lie_ref, SEAL_E_ROW },
	{ lie_card_of_another, SEAL_E_ROW },
	{ lie_card_rireki, SEAL_E_ROW },
	{ lie_rireki, SEAL_E_ROW },
	{ lie_kind, SEAL_E_ROW },
	{ lie_row_twice, SEAL_E_ROW },
	{ lie_row_left_out, SEAL_E_PAPER },
	{ lie_order_of_rows, SEAL_E_PAPER },
	{ lie_self, SEAL_E_ROW },
	{ lie_whole, SEAL_E_ROW },
	{ lie_card_signature, SEAL_E_CARD },
	{ lie_transcript, SEAL_E_CARD },
	{ lie_stranger, SEAL_E_CARD },
	{ lie_order_signer, SEAL_E_ORDER },
	{ lie_order_session, SEAL_E_ORDER },
	{ lie_order_muni, SEAL_E_ORDER },
	{ lie_order_copies, SEAL_E_ORDER },
	{ lie_order_options, SEAL_E_PAPER },
	{ lie_order_scope, SEAL_E_ROW },
	{ lie_muni, SEAL_E_NO_KEY },
	{ lie_wrapped, FAULT_INTEGRITY },
	{ lie_time, FAULT_BAD_INPUT },
	{ lie_number, SEAL_E_PAPER },
	{ lie_code, SEAL_E_PAPER },
	{ lie_paper_of_another, SEAL_E_PAPER },
	{ lie_paper_number, SEAL_E_PAPER },
	{ lie_paper_back_filled, FAULT_BAD_INPUT },
	{ lie_rendered_cut, FAULT_BAD_INPUT },
};

static void
each_lie_of_front_or_renderer_is_refused(void **state)
{
	(void)state;
	log_fd = -1;
	for (size_t i = 0; i < N_ELEMENTS(lies); i++) {
		AUTO(arena) struct arena *work = arena_new((size_t)512 << 20);
		struct given *g = arena_zero(a, sizeof(*g));
		struct seal_answer answer = { 0 };
		struct err err = { 0 };
		buf_init(&g->rendered, 1);
		given_good(g);
		lies[i].lie(g);
		int r = papers_make(worker, work, &g->ask, clock_now_ms(), &answer, &err);
		if (r != lies[i].want)
			fail_msg("lie %zu gave %d instead of %d", i, r, lies[i].want);
		assert_true((r == 0) == (answer.manifest != NULL));
		buf_done(&g->rendered);
		rig_session_end(&g->s);
		rig_session_end(&g->other);
	}
	log_fd = 2;
}

/* An order whose front says that its papers bear @row; drawn with what @drawn has. */
static int
sealed_with(const struct imprint_row *row)
{
	AUTO(arena) struct arena *work = arena_new((size_t)512 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	struct seal_answer answer = { 0 };
	struct err err = { 0 };
	buf_init(&g->rendered, 1);
	given_good(g);
	g->ask.imprint = *row;
	int r = papers_make(worker, work, &g->ask, clock_now_ms(), &answer, &err);
	buf_done(&g->rendered);
	rig_session_end(&g->s);
	rig_session_end(&g->other);
	return r;
}

static struct imprint_row
approved_row(int64_t number, int64_t holds_ms, const char *mayor)
{
	struct imprint m;
	imprint_of_profile(&rig.profile, &m);
	m.mayor = mayor;
	buf_done(&drawn);
	buf_init(&drawn, IMPRINT_MAX_BYTES);
	imprint_encode(&m, &drawn);
	const struct vault_sealed sealed =
	    imprint_row_seal(&rig.vault, a, number, drawn.p, drawn.bytes);
	struct imprint_row row = { .number = number,
		.holds_ms = holds_ms,
		.sealed = sealed.p,
		.bytes = sealed.bytes };
	imprint_row_tag(&rig.vault, number, holds_ms, drawn.p, drawn.bytes, row.tag);
	return row;
}

static void
a_paper_bears_the_imprint_that_was_approved_and_no_other(void **state)
{
	(void)state;
	int64_t now = clock_now_ms(), long_ago = now - 120000;
	struct imprint_row none = { 0 };
	log_fd = -1;
	assert_int_equal(sealed_with(&none), 0);
	struct imprint_row first = approved_row(1, long_ago, "見本　一"), bad = first;
	assert_int_equal(sealed_with(&none), SEAL_E_PAPER); /* drawn with what nobody named */
	bad.tag[0] ^= 1;
	assert_int_equal(sealed_with(&bad), SEAL_E_ROW); /* proposed, not approved */
	struct imprint_row later = approved_row(3, now + 3600000, "見本　三");
	assert_int_equal(sealed_with(&later), SEAL_E_ROW); /* not yet */
	struct imprint_row second = approved_row(2, long_ago, "見本　二");
	assert_int_equal(sealed_with(&first), SEAL_E_PAPER); /* mixed: drawn with the second */
	assert_int_equal(sealed_with(&second), 0);
	first = approved_row(1, long_ago, "見本　一");
	assert_int_equal(sealed_with(&first), SEAL_E_ROW); /* an old one brought back */
	worker->munis[0].imprint_holds_ms = now + 3600000;
	assert_int_equal(sealed_with(&first), 0); /* in an order of before the newer one */
	log_fd = 2;
	buf_done(&drawn);
}

/* What the process answers to bytes that are no request. */
static void
a_frame_that_is_no_request_gets_a_refusal(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} t[] = { { "", 0 }, { "KSQ1", 4 }, { "KSQ1\x09", 5 }, { "KSQ1\x01" RIG_MUNI, 11 },
		{ "KSQ1\x03" RIG_MUNI "x", 12 }, { "KSQ1\x02", 5 },
		{ "GET / HTTP/1.1\r\n\r\n", 18 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO_FD int fd = -1;
		struct err err = { 0 };
		struct buf out;
		struct rd rd;
		buf_init(&out, 1024);
		assert_int_equal(frame_connect(rig.conf.seal_socket, &fd, &err), 0);
		assert_int_equal(frame_send(fd, t[i].bytes, t[i].n, 1000, &err), 0);
		assert_int_equal(frame_recv(fd, &out, 5000, &err), 0);
		assert_int_equal(seal_answer_open(&out, &rd, &err), FAULT_BAD_INPUT);
		buf_done(&out);
	}
}

static void
the_socket_is_for_its_owner_alone(void **state)
{
	struct stat st;
	(void)state;
	assert_int_equal(stat(rig.conf.seal_socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
keys_of_municipalities_it_does_not_hold_are_not_made_up(void **state)
{
	struct muni_code muni = { "011002" };
	struct err err = { 0 };
	struct keydir keys;
	struct seal_key none = { .use = SEAL_KEY_DATA, .generation = 1 };
	uint8_t dek[SEAL_KEY_BYTES];
	(void)state;
	assert_int_equal(seal_keys(rig.conf.seal_socket, muni, &keys, &err), SEAL_E_NO_KEY);
	assert_int_equal(seal_unwrap(rig.conf.seal_socket, muni, &none, dek, &err), SEAL_E_NO_KEY);
	assert_int_equal(
	    seal_unwrap(rig.conf.seal_socket, rig.profile.muni, &none, dek, &err), FAULT_INTEGRITY);
}

/* The kid of the manifest that comes of an order, or SEAL_E_*. */
static int
signed_by(const struct key_id *pinned, unsigned n, struct key_id *ret)
{
	AUTO(arena) struct arena *work = arena_new((size_t)512 << 20);
	struct given *g = arena_zero(a, sizeof(*g));
	struct seal_answer answer = { 0 };
	struct err err = { 0 };
	buf_init(&g->rendered, 1);
	given_good(g);
	for (unsigned i = 0; i < n; i++)
		g->o.keys[g->o.n_keys++] = pinned[i];
	order_set(g, &g->s);
	int r = papers_make(worker, work, &g->ask, clock_now_ms(), &answer, &err);
	if (r == 0)
		assert_int_equal(
		    jws_peek_kid(answer.manifest, answer.manifest_bytes, ret, &err), 0);
	buf_done(&g->rendered);
	rig_session_end(&g->s);
	rig_session_end(&g->other);
	return r;
}
#define assert_signed_by(pinned, n, generation)                                                    \
	do {                                                                                       \
		struct key_id by_;                                                                 \
		assert_int_equal(signed_by(pinned, n, &by_), 0);                                   \
		assert_memory_equal(by_.b, rig.keys.key[(generation)-1].id.b, KEY_ID_BYTES);       \
	} while (0)

/* Beside a worker that serves, by the operator's commands. */
static void
the_newest_generation_signs_that_the_session_knows(void **state)
{
	static const uint8_t none[] = "{}";
	struct key_id by, ids[3] = { rig.keys.key[0].id };
	struct err err = { 0 };
	(void)state;
	assert_signed_by(NULL, 0, 1);
	static const struct {
		const char *what;
		int status;
	} refused[] = { { "use 1", 1 }, { "use 2", 1 }, { "use 0", 1 }, { "use x", 1 },
		{ "retire 1", 1 }, { "revoke 99999999999", 1 }, { "use", 2 }, { "new 2", 2 },
		{ "list 1", 2 }, { "destroy 1", 2 } };
	for (size_t i = 0; i < N_ELEMENTS(refused); i++)
		if (rig_generation_status(refused[i].what) != refused[i].status)
			fail_msg("%s", refused[i].what);
	rig_generation("list");
	assert_int_equal(rig.keys.seq, 1); /* and nothing came of them */
	rig_generation("new");
	ids[1] = rig.keys.key[1].id;
	ids[2] = (struct key_id){ { 1, 2, 3 } };
	assert_signed_by(ids, 2, 1); /* announced only */
	rig_generation("use 2");
	assert_signed_by(ids, 2, 2);
	assert_signed_by(NULL, 0, 2);
	assert_signed_by(ids, 1, 1); /* a session of before */
	assert_int_equal(signed_by(&ids[2], 1, &by), SEAL_E_GENERATION);
	rig_generation("retire 1");
	assert_signed_by(ids, 2, 2);
	assert_int_equal(signed_by(ids, 1, &by), SEAL_E_GENERATION);
	rig_generation("revoke 2");
	assert_int_equal(signed_by(ids, 2, &by), SEAL_E_GENERATION);
	assert_int_equal(signed_by(NULL, 0, &by), SEAL_E_GENERATION);
	rig_generation("new");
	rig_generation("use 3"); /* nothing else signs: at once */
	assert_signed_by(NULL, 0, 3);
	/* What lies there afterwards is no directory: the one before stays in force. */
	const char *path = generation_path(a, worker->conf, rig.profile.muni);
	log_fd = -1;
	assert_int_equal(file_write_atomic(path, none, 2, 0600, &err), 0);
	assert_signed_by(NULL, 0, 3);
	log_fd = 2;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_lie_of_front_or_renderer_is_refused, rig_reset),
		cmocka_unit_test(a_frame_that_is_no_request_gets_a_refusal),
		cmocka_unit_test(the_socket_is_for_its_owner_alone),
		cmocka_unit_test(keys_of_municipalities_it_does_not_hold_are_not_made_up),
		cmocka_unit_test_setup(
		    the_newest_generation_signs_that_the_session_knows, rig_reset),
		cmocka_unit_test_setup(
		    a_paper_bears_the_imprint_that_was_approved_and_no_other, rig_reset),
	};
	return cmocka_run_group_tests_name("seal", tests, up, down);
}
