/* SPDX-License-Identifier: Apache-2.0 */
/* The center's deciding code, without I/O: every step in its turn, every limit. */
#include "tests/unit/cert_help.h"
#include "tests/unit/keydir_help.h"

#include "center/center_conf.h"
#include "center/directory/directory.h"
#include "center/router/bulkhead.h"
#include "center/router/decide_order.h"
#include "center/router/decide_session.h"
#include "center/router/keys.h"
#include "center/router/manifest.h"
#include "center/router/outcome.h"
#include "center/router/signed.h"
#include "pki/hash.h"
#include "pki/jose.h"

#include <openssl/evp.h>

static uint8_t transcript[TRANSCRIPT_MAX_BYTES], cert_der[CERT_MAX_BYTES], sig[512];
static struct session_given given;
static struct transcript t;

static int
center_before(void **state)
{
	struct buf b;
	uint8_t *p = cert_der;
	size_t n = sizeof(sig);
	(void)jpki_before(state);
	struct cert *c = leaf_make(&(struct leaf){ .by = &new_auth });
	X509 *x = leaf_x509(&(struct leaf){ .by = &new_auth });
	int bytes = i2d_X509(x, &p);
	X509_free(x);
	cert_free(c);
	t = (struct transcript){ .center = "C1", .kiosk = "K1", .at_ms = now_ms };
	memset(t.nonce, 9, sizeof(t.nonce));
	sha256(cert_der, (size_t)bytes, t.cert_hash);
	AUTO(key) struct key *k = key_generate();
	struct key_point point;
	key_public(k, &point);
	memcpy(t.point, point.b, sizeof(t.point));
	buf_init(&b, sizeof(transcript));
	assert_int_equal(transcript_format(&t, &b, NULL), 0);
	memcpy(transcript, b.p, b.bytes);
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(m, NULL, EVP_sha256(), NULL, card_key), 1);
	assert_int_equal(EVP_DigestSign(m, sig, &n, transcript, b.bytes), 1);
	EVP_MD_CTX_free(m);
	given = (struct session_given){ .center = "C1",
		.kiosk = "K1",
		.pins = pins,
		.transcript = { transcript, b.bytes },
		.certificate = { cert_der, (size_t)bytes },
		.signature = { sig, n } };
	buf_done(&b);
	return 0;
}

/* A case that waits for @wants, by good answers. */
static void
case_at(struct session_case *c, enum session_wants wants)
{
	const struct session_nonce nonce = { true, "K1", now_ms };
	const struct session_holder h = { { "991015" }, true, false };
	assert_int_equal(session_begin(c, &given, NULL), 0);
	if (wants >= SESSION_WANTS_STATUS)
		assert_int_equal(session_on_nonce(c, &nonce, now_ms, NULL), 0);
	if (wants >= SESSION_WANTS_HOLDERS)
		assert_int_equal(session_on_status(c, 0, NULL), 0);
	if (wants >= SESSION_WANTS_OFFER)
		assert_int_equal(session_on_holders(c, &h, 1, NULL), 0);
	assert_int_equal(c->wants, wants);
}

static void
every_step_of_a_session_has_its_turn(void **state)
{
	const struct session_nonce nonce = { true, "K1", now_ms };
	const struct session_holder h = { { "991015" }, true, false };
	(void)state;
	for (int wants = SESSION_WANTS_NONCE; wants <= SESSION_WANTS_OFFER; wants++) {
		struct session_case c = { .cert = NULL };
		case_at(&c, (enum session_wants)wants);
		if (wants != SESSION_WANTS_NONCE)
			assert_int_equal(
			    session_on_nonce(&c, &nonce, now_ms, NULL), FAULT_INTERNAL);
		if (wants != SESSION_WANTS_STATUS)
			assert_int_equal(session_on_status(&c, 0, NULL), FAULT_INTERNAL);
		if (wants != SESSION_WANTS_HOLDERS)
			assert_int_equal(session_on_holders(&c, &h, 1, NULL), FAULT_INTERNAL);
		session_done(&c);
	}
}

static void
a_session_that_was_refused_is_over(void **state)
{
	static const struct {
		int status, want;
	} st[] = {
		{ CERT_E_REVOKED, ROUTER_E_CARD_REVOKED },
		{ CERT_E_ON_HOLD, ROUTER_E_CARD_ON_HOLD },
		{ CERT_E_STATUS_UNKNOWN, ROUTER_E_CARD_STATUS_UNKNOWN },
		{ CERT_E_UNKNOWN_ISSUER, ROUTER_E_CARD_STATUS_UNKNOWN },
		{ FAULT_TIMEOUT, ROUTER_E_CARD_STATUS_UNKNOWN },
		{ FAULT_UNAVAILABLE, ROUTER_E_CARD_STATUS_UNKNOWN },
		{ 1, ROUTER_E_CARD_STATUS_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(st); i++) {
		struct session_case c = { .cert = NULL };
		case_at(&c, SESSION_WANTS_STATUS);
		assert_int_equal(session_on_status(&c, st[i].status, NULL), st[i].want);
		assert_int_equal(c.wants, SESSION_OVER);
		assert_int_equal(session_on_status(&c, 0, NULL), FAULT_INTERNAL);
		session_done(&c);
	}
}

static void
a_nonce_counts_to_its_last_millisecond(void **state)
{
	const struct {
		struct session_nonce n;
		int64_t now_ms;
		int want;
	} nt[] = {
		{ { true, "K1", now_ms }, now_ms, 0 },
		{ { true, "K1", now_ms }, now_ms + SESSION_NONCE_TTL_MS, 0 },
		{ { true, "K1", now_ms }, now_ms + SESSION_NONCE_TTL_MS + 1,
		    ROUTER_E_NONCE_UNKNOWN },
		{ { false, NULL, 0 }, now_ms, ROUTER_E_NONCE_UNKNOWN },
		{ { true, "K2", now_ms }, now_ms, ROUTER_E_NONCE_UNKNOWN },
		/* made by another center process whose clock is ahead */
		{ { true, "K1", now_ms + SESSION_CLOCK_AHEAD_MS }, now_ms, 0 },
		{ { true, "K1", now_ms + SESSION_CLOCK_AHEAD_MS + 1 }, now_ms,
		    ROUTER_E_NONCE_UNKNOWN },
		/* the transcript against the nonce and the clock */
		{ { true, "K1", now_ms + SESSION_CLOCK_AHEAD_MS }, now_ms + 1, 0 },
		{ { true, "K1", now_ms - 1000 }, now_ms - SESSION_CLOCK_AHEAD_MS, 0 },
		{ { true, "K1", now_ms - 1000 }, now_ms - SESSION_CLOCK_AHEAD_MS - 1,
		    ROUTER_E_SESSION_EXPIRED },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(nt); i++) {
		struct session_case c = { .cert = NULL };
		case_at(&c, SESSION_WANTS_NONCE);
		assert_int_equal(session_on_nonce(&c, &nt[i].n, nt[i].now_ms, NULL), nt[i].want);
		session_done(&c);
	}
}

static void
only_one_served_and_standing_city_is_a_home(void **state)
{
	const struct {
		struct session_holder h[2];
		size_t n;
		int want;
	} ht[] = {
		{ { { { "991015" }, true, false } }, 1, 0 },
		{ { { { "991015" }, true, false } }, 0, ROUTER_E_NOT_REGISTERED },
		{ { { { "991015" }, true, false }, { { "131016" }, true, false } }, 2,
		    ROUTER_E_NOT_REGISTERED },
		{ { { { "991015" }, false, false } }, 1, ROUTER_E_NOT_REGISTERED },
		{ { { { "991015" }, true, true } }, 1, ROUTER_E_STOPPED },
		{ { { { "991015" }, false, true } }, 1, ROUTER_E_NOT_REGISTERED },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(ht); i++) {
		struct session_case c = { .cert = NULL };
		case_at(&c, SESSION_WANTS_HOLDERS);
		assert_int_equal(session_on_holders(&c, ht[i].h, ht[i].n, NULL), ht[i].want);
		session_done(&c);
	}
}

static void
no_bit_of_transcript_or_signature_can_be_altered(void **state)
{
	const struct session_nonce nonce = { true, "K1", now_ms };
	(void)state;
	struct session_part part[] = { given.transcript, given.signature, given.certificate };
	for (size_t i = 0; i < N_ELEMENTS(part); i++) {
		uint8_t *p = i == 0 ? transcript : i == 1 ? sig : cert_der;
		for (size_t bit = 0; bit < part[i].bytes * 8; bit += 3) {
			struct session_case c = { .cert = NULL };
			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (session_begin(&c, &given, NULL) == 0)
				assert_int_not_equal(session_on_nonce(&c, &nonce, now_ms, NULL), 0);
			session_done(&c);
			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	struct session_case c = { .cert = NULL };
	case_at(&c, SESSION_WANTS_STATUS);
	session_done(&c);
}

#define MANIFEST(copies)                                                                           \
	"{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\",\"th\":\"" H64 "\",\"oh\":\"" H64 \
	"\",\"muni\":\"991015\",\"kind\":\"juminhyo\",\"copies\":[" copies                         \
	"],\"rireki\":1,\"register_ms\":1,\"issued_ms\":2,\"not_after_ms\":3,\"build\":\"b\","     \
	"\"schema\":1,\"kid\":\"0011223344556677\"}"
#define H64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PAGE "{\"front\":\"" H64 "\",\"back\":\"" H64 "\",\"back_at\":16777216}"
#define COPY(number, serial, pages)                                                                \
	"{\"number\":\"" number "\",\"serial\":\"" serial                                          \
	"\",\"pdf_bytes\":1,\"pdf_sha256\":\"" H64 "\",\"pages\":[" pages "]}"
#define S1 "00112233445566778899aabbccddee01"
#define S2 "00112233445566778899aabbccddee02"

static void
manifests_out_of_form_are_refused(void **state)
{
	static const char good[] = MANIFEST(COPY("991015-1", S1, PAGE));
	static const char *const bad[] = {
		MANIFEST(""),
		MANIFEST(COPY("991015-1", S1, "")),
		MANIFEST(COPY("991015-1", S1, PAGE) "," COPY("991015-1", S2, PAGE)),
		MANIFEST(COPY("991015-1", S1, PAGE) "," COPY("991015-2", S1, PAGE)),
		MANIFEST(COPY("", S1, PAGE)),
		MANIFEST(COPY("a b", S1, PAGE)),
		MANIFEST(COPY("991015/1", S1, PAGE)),
		MANIFEST(COPY("991015-1", "00", PAGE)),
		MANIFEST(COPY(
		    "0123456789012345678901234567890123456789012345678901234567890123", S1, PAGE)),
		MANIFEST("1"),
		"",
		"{}",
		"[]",
	};
	/* Each member changed to something that it may not be. */
	static const char *const edit[][2] = { { "\"v\":1", "\"v\":2" }, { "\"v\":1", "\"v\":1.0" },
		{ "\"juminhyo\"", "\"koseki\"" }, { "991015\",\"kind", "991016\",\"kind" },
		{ "\"rireki\":1", "\"rireki\":0" }, { "\"schema\":1", "\"schema\":0" },
		{ "\"build\":\"b\"", "\"build\":\"\"" }, { "\"build\":\"b\"", "\"build\":\"\\n\"" },
		{ "\"kid\":\"00", "\"kid\":\"" }, { "\"issued_ms\":2", "\"issued_ms\":\"2\"" },
		{ "\"pdf_bytes\":1", "\"pdf_bytes\":0" },
		{ "\"pdf_bytes\":1", "\"pdf_bytes\":16777217" },
		{ "\"back_at\":16777216", "\"back_at\":16777217" },
		{ "\"back_at\":16777216", "\"back_at\":-1" }, { ",\"back_at\":16777216", "" },
		{ "\"schema\":1", "\"schema\":1,\"schema\":1" }, { "\"v\":1", "\"v\":1,\"x\":1" },
		{ "\"rireki\":1,", "" } };
	struct manifest m;
	(void)state;
	assert_int_equal(manifest_parse(good, strlen(good), &m, NULL), 0);
	assert_int_equal(m.n_copies, 1);
	assert_int_equal(m.copies[0].n_pages, 1);
	assert_string_equal(m.copies[0].number, "991015-1");
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(manifest_parse(bad[i], strlen(bad[i]), &m, NULL), FAULT_BAD_INPUT);
	for (size_t i = 0; i < N_ELEMENTS(edit); i++) {
		const char *at = strstr(good, edit[i][0]);
		assert_non_null(at);
		const char *s = arena_printf(
		    a, "%.*s%s%s", (int)(at - good), good, edit[i][1], at + strlen(edit[i][0]));
		assert_int_equal(manifest_parse(s, strlen(s), &m, NULL), FAULT_BAD_INPUT);
	}
	for (size_t n = 0; n < strlen(good); n++)
		assert_int_equal(manifest_parse(good, n, &m, NULL), FAULT_BAD_INPUT);
}

/* A manifest of @copies copies with @pages pages each. */
static const char *
manifest_of(unsigned copies, unsigned pages)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < copies; i++) {
		buf_printf(&b,
		    "%s{\"number\":\"991015-%u\",\"serial\":\"%032x\",\"pdf_bytes\":1,\"pdf_"
		    "sha256\":"
		    "\"" H64 "\",\"pages\":[",
		    i ? "," : "", i, i);
		for (unsigned j = 0; j < pages; j++)
			buf_printf(&b, "%s" PAGE, j ? "," : "");
		buf_text(&b, "]}");
	}
	const char *s =
	    arena_printf(a, "%.*s%.*s%s", (int)(strstr(MANIFEST("@"), "@") - MANIFEST("@")),
		MANIFEST("@"), (int)b.bytes, (const char *)b.p, strstr(MANIFEST("@"), "@") + 1);
	buf_done(&b);
	return s;
}

static void
a_manifest_at_its_limits_is_read_and_one_past_them_is_not(void **state)
{
	struct manifest m;
	(void)state;
	const char *s = manifest_of(ORDER_MAX_COPIES, MANIFEST_MAX_PAGES);
	assert_true(strlen(s) <= MANIFEST_MAX_BYTES); /* the largest legal one fits */
	assert_int_equal(manifest_parse(s, strlen(s), &m, NULL), 0);
	assert_int_equal(m.n_copies, ORDER_MAX_COPIES);
	s = manifest_of(ORDER_MAX_COPIES + 1, 1);
	assert_int_equal(manifest_parse(s, strlen(s), &m, NULL), FAULT_BAD_INPUT);
	s = manifest_of(1, MANIFEST_MAX_PAGES + 1);
	assert_int_equal(manifest_parse(s, strlen(s), &m, NULL), FAULT_BAD_INPUT);
	char *long_one = arena_zero(a, MANIFEST_MAX_BYTES + 2);
	memset(long_one, ' ', MANIFEST_MAX_BYTES + 1);
	memcpy(long_one, s, 1);
	assert_int_equal(
	    manifest_parse(long_one, MANIFEST_MAX_BYTES + 1, &m, NULL), FAULT_BAD_INPUT);
}

#define OUT(copies)                                                                                \
	"{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\",\"copies\":[" copies              \
	"],\"time_ms\":1}"
#define ALL(what) "{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\"," what ",\"time_ms\":1}"
#define END(number, state, reason)                                                                 \
	"{\"number\":\"" number "\",\"state\":\"" state "\",\"reason\":\"" reason "\"}"

static void
outcomes_and_releases_out_of_form_are_refused(void **state)
{
	static const struct {
		const char *s;
		int want;
	} ot[] = {
		{ OUT(END("n", "printed", "")), 0 },
		{ OUT(END("n", "void", "jam")), 0 },
		{ OUT(END("n", "void", "")), 0 },
		{ OUT(END("n", "void", "power") "," END("m", "void", "unknown")), 0 },
		{ OUT(END("n", "printed", "jam")), FAULT_BAD_INPUT },
		{ OUT(END("n", "void", "rain")), FAULT_BAD_INPUT },
		{ OUT(END("n", "lost", "")), FAULT_BAD_INPUT },
		{ OUT(END("n", "void", "") "," END("n", "void", "")), FAULT_BAD_INPUT },
		{ OUT(""), FAULT_BAD_INPUT },
		{ OUT("{}"), FAULT_BAD_INPUT },
		{ ALL("\"all\":\"power\""), 0 },
		{ ALL("\"all\":\"\""), FAULT_BAD_INPUT },
		{ ALL("\"all\":\"rain\""), FAULT_BAD_INPUT },
		{ ALL("\"all\":1"), FAULT_BAD_INPUT },
		{ ALL("\"all\":\"power\",\"copies\":[" END("n", "void", "jam") "]"),
		    FAULT_BAD_INPUT },
		{ ALL("\"v\":1"), FAULT_BAD_INPUT },
		{ "{}", FAULT_BAD_INPUT },
	};
	struct outcome o;
	struct release x;
	static const char rel[] = "{\"v\":1,\"order\":\"00112233445566778899aabbccddeeff\","
				  "\"manifest_sha256\":\"" H64 "\",\"time_ms\":5}";
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(ot); i++)
		assert_int_equal(outcome_parse(ot[i].s, strlen(ot[i].s), &o, NULL), ot[i].want);
	assert_int_equal(release_parse(rel, strlen(rel), &x, NULL), 0);
	assert_int_equal(x.at_ms, 5);
	for (size_t n = 0; n < strlen(rel); n++)
		assert_int_equal(release_parse(rel, n, &x, NULL), FAULT_BAD_INPUT);
	char *big = arena_zero(a, SIGNED_MAX_BYTES + 2);
	memset(big, ' ', SIGNED_MAX_BYTES + 1);
	assert_int_equal(release_parse(big, SIGNED_MAX_BYTES + 1, &x, NULL), FAULT_BAD_INPUT);
}

static void
an_order_whose_answer_was_never_read_is_taken_back_as_a_whole(void **state)
{
	const struct order_logged l = { .found = true, .answered = true, .same_session = true };
	const struct number_logged fresh[] = { { "n", 0, "" }, { "m", PAPER_VOID, "jam" } };
	const struct number_logged out[] = { { "n", PAPER_PRINTED, "" } };
	static const char all[] = ALL("\"all\":\"power\"");
	struct outcome o;
	(void)state;
	assert_int_equal(outcome_parse(all, strlen(all), &o, NULL), 0);
	assert_true(o.all);
	assert_int_equal(outcome_spread(&l, fresh, 2, &o), 0);
	assert_int_equal(o.n_copies, 2);
	assert_string_equal(o.copies[0].number, "n");
	assert_string_equal(o.copies[0].reason, "power");
	assert_string_equal(o.copies[1].reason, "jam"); /* what was told stays told */
	assert_int_equal(outcome_decide(&l, fresh, 2, &o), 0);
	assert_int_equal(outcome_spread(&l, out, 1, &o), ROUTER_E_ORDER_MISMATCH);
	assert_int_equal(outcome_spread(&l, NULL, 0, &o), 0); /* ordered, and no answer yet */
	assert_int_equal(o.n_copies, 0);
	for (int i = 0; i < 2; i++) {
		struct order_logged no = l;
		*(i == 0 ? &no.found : &no.same_session) = false;
		assert_int_equal(outcome_spread(&no, fresh, 2, &o), ROUTER_E_ORDER_GONE);
	}
}

static void
an_outcome_names_all_numbers_and_says_nothing_new(void **state)
{
	const struct order_logged l = { .found = true, .answered = true, .same_session = true };
	const struct number_logged fresh[] = { { "n", 0, "" }, { "m", 0, "" } };
	const struct number_logged told[] = { { "n", PAPER_VOID, "jam" },
		{ "m", PAPER_PRINTED, "" } };
	static const char *const good = OUT(END("m", "printed", "") "," END("n", "void", "jam"));
	static const char *const bad[] = {
		OUT(END("m", "printed", "")),
		OUT(END("m", "printed", "") "," END("x", "void", "jam")),
		OUT(END("m", "printed", "") "," END("n", "void", "jam") "," END("o", "void", "")),
	};
	static const char *const changed[] = {
		OUT(END("m", "void", "") "," END("n", "void", "jam")),
		OUT(END("m", "printed", "") "," END("n", "void", "power")),
		OUT(END("m", "printed", "") "," END("n", "printed", "")),
	};
	struct outcome o;
	(void)state;
	assert_int_equal(outcome_parse(good, strlen(good), &o, NULL), 0);
	assert_int_equal(outcome_decide(&l, fresh, 2, &o), 0);
	assert_int_equal(outcome_decide(&l, told, 2, &o), 0);
	for (int i = 0; i < 3; i++) {
		struct order_logged no = l;
		*(i == 0 ? &no.found : i == 1 ? &no.answered : &no.same_session) = false;
		assert_int_equal(outcome_decide(&no, fresh, 2, &o), ROUTER_E_ORDER_MISMATCH);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		assert_int_equal(outcome_parse(bad[i], strlen(bad[i]), &o, NULL), 0);
		assert_int_equal(outcome_decide(&l, fresh, 2, &o), ROUTER_E_ORDER_MISMATCH);
	}
	for (size_t i = 0; i < N_ELEMENTS(changed); i++) {
		assert_int_equal(outcome_parse(changed[i], strlen(changed[i]), &o, NULL), 0);
		assert_int_equal(outcome_decide(&l, fresh, 2, &o), 0);
		assert_int_equal(outcome_decide(&l, told, 2, &o), ROUTER_E_ORDER_MISMATCH);
	}
}

static void
an_order_is_fresh_for_five_minutes(void **state)
{
	AUTO(key) struct key *k = key_generate();
	struct key_signer signer = key_as_signer(k);
	struct order_session s = { .kiosk = "K1", .muni = { "991015" }, .t = t, .th = { 3 } };
	struct key_point point;
	const struct {
		int64_t at_ms, until_ms;
		bool stopped;
		int want;
	} ft[] = {
		{ now_ms, now_ms + 1, false, 0 },
		{ now_ms, now_ms, false, ROUTER_E_SESSION_EXPIRED },
		{ now_ms - ORDER_FRESH_MS, now_ms + 1, false, 0 },
		{ now_ms - ORDER_FRESH_MS - 1, now_ms + 1, false, ROUTER_E_SESSION_EXPIRED },
		{ now_ms + ORDER_CLOCK_AHEAD_MS, now_ms + 1, false, 0 },
		{ now_ms + ORDER_CLOCK_AHEAD_MS + 1, now_ms + 1, false, ROUTER_E_SESSION_EXPIRED },
		{ now_ms, now_ms + 1, true, ROUTER_E_STOPPED },
	};
	(void)state;
	key_public(k, &point);
	memcpy(s.t.point, point.b, sizeof(point.b));
	for (size_t i = 0; i < N_ELEMENTS(ft); i++) {
		struct order o = { .muni = { "991015" },
			.kind = DOC_JUMINHYO,
			.scope = ORDER_SELF,
			.copies = 1,
			.at_ms = ft[i].at_ms };
		struct order_case c;
		struct buf b;
		char *jws = NULL;
		memcpy(o.transcript, s.th, sizeof(s.th));
		buf_init(&b, ORDER_MAX_BYTES);
		order_format(&o, &b);
		assert_int_equal(jws_sign(a, &signer, "kofu-order", b.p, b.bytes, &jws, NULL), 0);
		buf_done(&b);
		s.expires_ms = ft[i].until_ms;
		s.stopped = ft[i].stopped;
		assert_int_equal(
		    order_decide(&s, "K1", jws, strlen(jws), now_ms, &c, NULL), ft[i].want);
		assert_int_equal(order_decide(&s, "K2", jws, strlen(jws), now_ms, &c, NULL),
		    ROUTER_E_SESSION_EXPIRED);
	}
}

/* A directory that the center cannot take leaves the one before it in force. */
static void
the_citys_keys_are_those_of_its_newest_directory(void **state)
{
	AUTO(key) struct key *k = key_generate();
	AUTO(key) struct key *next = key_generate();
	AUTO(key) struct key *root = key_generate();
	AUTO(key) struct key *forger = key_generate();
	const char *path = tmp_path(a, "991015.json"), *root_path = tmp_path(a, "991015.root.json");
	struct keydir d = keydir_help_of("991015", k), other = keydir_help_of("131016", k), got;
	struct muni_code muni = { "991015" };
	struct muni_keys keys;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(muni_keys_open(&keys, root_path, path, muni, &err), FAULT_CONFIG);
	assert_int_equal(keydir_help_write(a, tmp_folder, &other, root), 0);
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	assert_int_equal(
	    muni_keys_open(&keys, tmp_path(a, "131016.root.json"), path, muni, &err), FAULT_CONFIG);
	assert_int_equal(
	    muni_keys_open(&keys, root_path, tmp_path(a, "131016.json"), muni, &err), FAULT_CONFIG);
	assert_int_equal(muni_keys_open(&keys, root_path, path, muni, &err), 0);
	assert_false(muni_keys_renew(&keys, 1, &got));
	(void)keydir_help_add(&d, next, 1700000000001);
	d.seq = 3;
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	assert_true(muni_keys_renew(&keys, 1, &got));
	assert_int_equal(got.n, 2);
	d.n = 1;
	d.seq = 2; /* older than what is known: somebody would hide a revocation */
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, root), 0);
	assert_false(muni_keys_renew(&keys, 3, &got));
	d.seq = 4;
	assert_int_equal(keydir_help_write(a, tmp_folder, &d, forger), 0);
	assert_false(muni_keys_renew(&keys, 3, &got));
	tmp_write(a, "991015.json", "{}", 2);
	assert_false(muni_keys_renew(&keys, 3, &got));
	assert_int_equal(unlink(path), 0);
	assert_false(muni_keys_renew(&keys, 3, &got));
	muni_keys_get(&keys, &got);
	assert_int_equal(got.n, 2);
	muni_keys_done(&keys);
}

static void
a_server_may_not_speak_for_the_center(void **state)
{
	(void)state;
	for (const struct http_outcome *o = router_outcomes; o->outcome != 0; o++) {
		int got = router_outcome_of(o->code);
		assert_true(got == o->outcome || got == 0);
	}
	assert_int_equal(router_outcome_of("closed-hours"), ROUTER_E_CLOSED_HOURS);
	assert_int_equal(router_outcome_of("nonce-unknown"), 0);
	assert_int_equal(router_outcome_of("kiosk-unknown"), 0);
	assert_int_equal(router_outcome_of("bad-input"), 0);
	assert_int_equal(router_outcome_of(""), 0);
}

static void
a_bulkhead_takes_its_limit_and_not_one_more(void **state)
{
	struct bulkhead b;
	(void)state;
	bulkhead_init(&b, 2);
	assert_true(bulkhead_enter(&b, 100));
	assert_true(bulkhead_enter(&b, 100));
	assert_false(bulkhead_enter(&b, 100));
	assert_false(bulkhead_enter(&b, 100));
	bulkhead_leave(&b);
	assert_true(bulkhead_enter(&b, 100));
}

static void
who_has_just_come_gets_its_share_of_a_bulkhead_and_no_more(void **state)
{
	struct bulkhead b;
	(void)state;
	bulkhead_init(&b, 4);
	assert_false(bulkhead_is_full(&b, 50));
	assert_true(bulkhead_enter(&b, 50));
	assert_true(bulkhead_enter(&b, 50));
	assert_true(bulkhead_is_full(&b, 50));
	assert_false(bulkhead_enter(&b, 50));
	assert_true(bulkhead_enter(&b, 100));
	assert_true(bulkhead_enter(&b, 100));
	assert_false(bulkhead_enter(&b, 100));
	bulkhead_init(&b, 1); /* one place is everybody's */
	assert_true(bulkhead_enter(&b, 1));
}

static void
names_in_a_list_are_whole_words(void **state)
{
	(void)state;
	assert_true(center_conf_has("asp-1", "asp-1"));
	assert_true(center_conf_has("asp-1  asp-2", "asp-2"));
	assert_false(center_conf_has("asp-1 asp-2", "asp"));
	assert_false(center_conf_has("asp-10", "asp-1"));
	assert_false(center_conf_has("asp-1", ""));
	assert_false(center_conf_has("", "asp-1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_of_a_session_has_its_turn),
		cmocka_unit_test(a_session_that_was_refused_is_over),
		cmocka_unit_test(a_nonce_counts_to_its_last_millisecond),
		cmocka_unit_test(only_one_served_and_standing_city_is_a_home),
		cmocka_unit_test(no_bit_of_transcript_or_signature_can_be_altered),
		cmocka_unit_test(manifests_out_of_form_are_refused),
		cmocka_unit_test(a_manifest_at_its_limits_is_read_and_one_past_them_is_not),
		cmocka_unit_test(outcomes_and_releases_out_of_form_are_refused),
		cmocka_unit_test(an_order_whose_answer_was_never_read_is_taken_back_as_a_whole),
		cmocka_unit_test(an_outcome_names_all_numbers_and_says_nothing_new),
		cmocka_unit_test(an_order_is_fresh_for_five_minutes),
		cmocka_unit_test(the_citys_keys_are_those_of_its_newest_directory),
		cmocka_unit_test(a_server_may_not_speak_for_the_center),
		cmocka_unit_test(a_bulkhead_takes_its_limit_and_not_one_more),
		cmocka_unit_test(who_has_just_come_gets_its_share_of_a_bulkhead_and_no_more),
		cmocka_unit_test(names_in_a_list_are_whole_words),
	};
	return cmocka_run_group_tests(tests, center_before, jpki_after);
}
