/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/db/front_rig.h"
#include "tests/unit/cert_help.h"

#include "base/rand.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "pki/jose.h"
#include "queries/asp_migrations.h"
#include "server/render/form.h"
#include "tests/db/dbtest.h"
#include "tests/unit/paper_help.h"
#include "wire/transcript.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct rig rig;

void
rig_sql(const char *fmt, ...)
{
	char text[65536];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	dbtest_sql(rig.conninfo, text);
}

void
rig_sql_of_people(const char *sql)
{
	struct buf b;
	buf_init(&b, 65536);
	for (; *sql != '\0'; sql++) {
		if (*sql == '@')
			buf_printf(&b, "'%s'", rig_ref((unsigned)(*++sql - '0')));
		else
			buf_u8(&b, (uint8_t)*sql);
	}
	buf_u8(&b, 0);
	assert_true(buf_ok(&b));
	dbtest_sql(rig.conninfo, (const char *)b.p);
	buf_done(&b);
}

const char *
rig_value(const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	return dbtest_value(rig.conninfo, text);
}

static const char *
hex_of(const void *p, size_t bytes)
{
	char *s = arena_zero(rig.a, 2 * bytes + 3);
	memcpy(s, "\\x", 2);
	text_hex_format(p, bytes, s + 2);
	return s;
}

const char *
rig_ref(unsigned person)
{
	return hex_of(rig.ref[person].b, PERSON_REF_BYTES);
}

static void
resident_of(unsigned person, unsigned rireki_no, enum resident_state state, const char *name,
    struct resident *ret)
{
	paper_resident(rig.a, person, ret);
	ret->rireki_no = rireki_no;
	ret->state = state;
	if (name != NULL)
		ret->name = name;
	if (person == 3)
		ret->setai_no = "000000000000888";
}

void
rig_row_put(unsigned person, unsigned rireki_no, enum resident_state state, const char *name)
{
	struct resident r;
	struct buf b;
	uint8_t household[16];
	resident_of(person, rireki_no, state, name, &r);
	vault_household(&rig.vault, r.setai_no, household);
	buf_init(&b, RESIDENT_MAX_BYTES);
	resident_encode(&r, &b);
	assert_true(buf_ok(&b));
	const struct vault_sealed sealed = vault_row_seal(
	    &rig.vault, rig.a, VAULT_RESIDENT, &rig.ref[person], rireki_no, b.p, b.bytes);
	rig_sql("INSERT INTO person (ref, household, narabi, state, rireki_no) VALUES "
		"('%s', '%s', %u, %d, %u) ON CONFLICT (ref) DO UPDATE SET state = "
		"excluded.state, rireki_no = excluded.rireki_no, version = person.version + 1;"
		"INSERT INTO resident_row VALUES ('%s', %u, %d, '%s', 0)",
	    rig_ref(person), hex_of(household, 16), r.narabi, (int)state, rireki_no,
	    rig_ref(person), rireki_no, (int)state, hex_of(sealed.p, sealed.bytes));
	buf_done(&b);
}

void
rig_seal_put(unsigned person, unsigned rireki_no, enum seal_state state)
{
	struct seal_row s;
	struct buf b;
	paper_seal(rig.a, &s);
	s.atena_no = arena_printf(rig.a, "%015u", 100000 + person);
	s.rireki_no = rireki_no;
	s.state = state;
	s.width_px = s.height_px = 200; /* small, to fit a statement */
	buf_init(&b, SEAL_ROW_MAX_BYTES);
	seal_row_encode(&s, &b);
	assert_true(buf_ok(&b));
	const struct vault_sealed sealed = vault_row_seal(
	    &rig.vault, rig.a, VAULT_SEAL, &rig.ref[person], rireki_no, b.p, b.bytes);
	rig_sql("UPDATE person SET version = version + 1 WHERE ref = '%s';"
		"INSERT INTO seal_row VALUES ('%s', %u, %d, '%s', 0)",
	    rig_ref(person), rig_ref(person), rireki_no, (int)state,
	    hex_of(sealed.p, sealed.bytes));
	buf_done(&b);
}

/* DER of a card's certificate, in @to: sessions may begin side by side. */
static uint8_t *
card_der(struct arena *to, unsigned serial_no, const struct ca *by, int64_t until_s,
    size_t *ret_bytes)
{
	static const char *const dn[] = { "C", "JP", "CN", "0000000000", NULL };
	ASN1_INTEGER *serial = x509_serial_of(serial_no);
	X509 *x = x509_begin(&(struct x509_spec){ .subject = dn,
	    .issuer = by->crt,
	    .key = card_key,
	    .serial = serial,
	    .not_before_s = now_s - DAY_S,
	    .not_after_s = until_s ? until_s : now_s + DAY_S });
	ASN1_INTEGER_free(serial);
	x509_ext(x, by->crt, NID_key_usage, "critical,digitalSignature");
	x509_ext_policy(x, POLICY, "http://127.0.0.1/cps");
	x509_sign(x, by->key);
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	assert_true(n > 0);
	uint8_t *copy = arena_memdup(to, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(x);
	*ret_bytes = (size_t)n;
	return copy;
}

static void
card_put(unsigned person)
{
	struct err err = { 0 };
	struct cert *c = NULL;
	uint8_t issuer[32], serial[CERT_MAX_SERIAL], plain[32 + CERT_MAX_SERIAL];
	size_t n = 0;
	uint8_t *der = card_der(rig.a, 1000 + person, &new_auth, 0, &n);
	assert_int_equal(cert_parse(der, n, &c, &err), 0);
	assert_int_equal(cert_check(c, pins, now_ms, issuer, NULL, &err), 0);
	size_t serial_bytes = cert_serial(c, serial);
	cert_free(c);
	struct vault_hash card;
	vault_card(&rig.vault, issuer, serial, serial_bytes, &card);
	memcpy(plain, issuer, 32);
	memcpy(plain + 32, serial, serial_bytes);
	const struct vault_sealed sealed = vault_row_seal(
	    &rig.vault, rig.a, VAULT_CARD, &rig.ref[person], 1, plain, 32 + serial_bytes);
	rig_sql("INSERT INTO card (card, ref, rireki_no, active, sealed) VALUES "
		"('%s', '%s', 1, true, '%s')",
	    hex_of(card.b, card.bytes), rig_ref(person),
	    hex_of(sealed.p, sealed.bytes));
}

struct vault_card_row
rig_card_row(unsigned person)
{
	struct vault_card_row row = { .ref = rig.ref[person], .rireki_no = 1 };
	const char *hex =
	    rig_value("SELECT encode(sealed, 'hex') FROM card WHERE ref = '%s'", rig_ref(person));
	row.bytes = strlen(hex) / 2;
	uint8_t *sealed = arena_zero(rig.a, row.bytes);
	assert_true(row.bytes > 0 && text_hex_parse(hex, strlen(hex), sealed, row.bytes));
	row.sealed = sealed;
	return row;
}

int
rig_reset(void **state)
{
	(void)state;
	rig_sql("TRUNCATE issue, issue_person, issue_copy, issue_paper, void_outbox, block, card, "
		"seal_row, resident_row, person, lease, closure, week, fee, survey, reissue, "
		"own_kiosk, imprint");
	rig_sql("UPDATE tenant SET stopped = NULL; UPDATE stream SET seq = 10;"
		"INSERT INTO lease (beat_ms, seq) VALUES ((extract(epoch FROM now()) * "
		"1000)::bigint, 10)");
	for (unsigned i = 0; i < RIG_PEOPLE; i++) {
		rig_row_put(i, 3, RESIDENT_REGISTERED, NULL);
		card_put(i);
	}
	rig_seal_put(0, 1, SEAL_REGISTERED);
	rig_seal_put(3, 1, SEAL_REGISTERED);
	return 0;
}

static void
profile_write(void)
{
	static const char kind[] = "{\"fee_yen\":300,\"options\":[%s],\"open\":\"00:00\","
				   "\"close\":\"24:00\",\"closed_year_end\":false,"
				   "\"ninsho_all\":\"%s\",\"ninsho_part\":\"%s\"}";
	const struct profile *p = &rig.profile;
	const char *options = "\"setainushi\",\"honseki\",\"kojin_no\"";
	const char *all = p->kinds[1].ninsho_all, *part = p->kinds[1].ninsho_part;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b,
	    "{\"muni\":\"" RIG_MUNI
	    "\",\"prefecture\":\"%s\",\"name\":\"%s\",\"mayor_title\":\"%s\","
	    "\"mayor\":\"%s\",\"form\":\"renki\",\"window_phone\":\"%s\",\"inquiry_url\":\"%s\","
	    "\"koin\":{\"width_px\":%u,\"height_px\":%u,\"bits\":\"%s\"},\"kinds\":{\"juminhyo\":",
	    p->prefecture, p->name, p->mayor_title, p->mayor, p->window_phone, p->inquiry_url,
	    p->koin_width_px, p->koin_height_px,
	    text_b64url_format(rig.a, p->koin_bits, 63u * p->koin_height_px));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_printf(&b, kind, options, all, part);
	buf_text(&b, ",\"inkan\":");
	buf_printf(&b, kind, "", all, part);
	buf_text(&b, ",\"kisai\":");
	buf_printf(
	    &b, kind, options, p->kinds[DOC_KISAI].ninsho_all, p->kinds[DOC_KISAI].ninsho_part);
#pragma GCC diagnostic pop
	buf_text(&b, "}}");
	assert_true(buf_ok(&b));
	tmp_write(rig.a, "profile.json", b.p, b.bytes);
	buf_done(&b);
	size_t n = 0;
	uint8_t *json = tmp_read(rig.a, "profile.json", &n);
	struct err err = { 0 };
	assert_int_equal(profile_parse(rig.a, json, n, &rig.profile, &err), 0);
	assert_int_equal(form_assign(rig.a, &rig.profile, &err), 0);
}

/* kofu-seal with its token, and this municipality's wrapped data key. */
static void
seal_up(uint8_t wrapped[SEAL_WRAPPED_BYTES])
{
	const char *text = arena_printf(rig.a,
	    "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
	    tmp_folder);
	tmp_write(rig.a, "softhsm2.conf", text, strlen(text));
	assert_int_equal(setenv("SOFTHSM2_CONF", tmp_path(rig.a, "softhsm2.conf"), 1), 0);
	tmp_write(rig.a, "pin", "4649-pin\n", 9);
	text = "[seal]\nsocket = seal.sock\nworkers = 2\nkeys_dir = .\noverlap_s = "
	       "0\n[token]\nlabel = kofu\n"
	       "pin_file = pin\n[inquiry]\nkey = inquiry.pub\n[render]\nfonts = " FONT_MANIFEST
	       "\n[jpki]\npins = pins\n"
	       "[municipality " RIG_MUNI "]\nprofile = profile.json\n";
	tmp_write(rig.a, "seal.conf", text, strlen(text));
	assert_int_equal(
	    tmp_run(rig.a,
		"mkdir tokens && softhsm2-util --init-token --free --label kofu "
		"--so-pin so-pin-1 --pin 4649-pin >/dev/null && "
		"openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 "
		"-topk8 -nocrypt -out inquiry.key && openssl pkey -in inquiry.key "
		"-pubout -out inquiry.pub && " KOFU_SEAL " init seal.conf >keys.txt && " KOFU_SEAL
		" new-key seal.conf " RIG_MUNI " >wrapped"),
	    0);
	size_t n = 0;
	uint8_t *hex = tmp_read(rig.a, "wrapped", &n);
	assert_true(
	    text_hex_parse((const char *)hex, 2 * SEAL_WRAPPED_BYTES, wrapped, SEAL_WRAPPED_BYTES));
	int out[2];
	char said[16] = "";
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	rig.seal_pid = fork();
	if (rig.seal_pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(out[1], 1);
		(void)execl(
		    KOFU_SEAL, "kofu-seal", "run", tmp_path(rig.a, "seal.conf"), (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	assert_true(read(out[0], said, sizeof(said) - 1) > 0);
	assert_string_equal(said, "ready\n");
	close(out[0]);
}

int
rig_generation_status(const char *what)
{
	int n = (int)strcspn(what, " ");
	int r = tmp_run(rig.a,
	    arena_printf(rig.a, KOFU_SEAL " generation %.*s seal.conf " RIG_MUNI "%s", n, what,
		what + n));
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

void
rig_generation(const char *what)
{
	struct err err = { 0 };
	const char *socket = tmp_path(rig.a, "seal.sock");
	assert_int_equal(rig_generation_status(what), 0);
	assert_int_equal(seal_keys(socket, rig.profile.muni, &rig.keys, &err), 0);
}

int
rig_up(void **state)
{
	struct err err = { 0 };
	struct seal_key key = { .use = SEAL_KEY_DATA, .generation = 1 };
	uint8_t dek[SEAL_KEY_BYTES];
	struct muni_code muni;
	assert_true(muni_parse(RIG_MUNI, 6, &muni));
	jpki_before(state);
	rig.a = arena_new(RIG_ARENA_BYTES);
	paper_profile(rig.a, PROFILE_RENKI, &rig.profile);
	profile_write();
	const struct warm_conf warm = { FONT_MANIFEST, &rig.profile, 1, false, KOFU_WARM };
	assert_int_equal(warm_start(&warm, &rig.warm, &err), 0);
	seal_up(key.wrapped);
	const char *socket = tmp_path(rig.a, "seal.sock");
	assert_int_equal(seal_unwrap(socket, muni, &key, dek, &err), 0);
	assert_int_equal(seal_keys(socket, muni, &rig.keys, &err), 0);
	rig.municipality = rig.keys.key[0].point;
	assert_int_equal(key_load(tmp_path(rig.a, "inquiry.key"), &rig.inquiry, &err), 0);
	vault_init(&rig.vault, muni, dek);
	for (unsigned i = 0; i < RIG_PEOPLE; i++)
		vault_person_ref(&rig.vault, arena_printf(rig.a, "%015u", 100000 + i), &rig.ref[i]);
	dbtest_create(db_asp_migrations, db_asp_migrations_n, rig.conninfo);
	rig_sql("INSERT INTO tenant (muni, wrapped_key) VALUES ('" RIG_MUNI "', '%s')",
	    hex_of(key.wrapped, sizeof(key.wrapped)));
	rig_sql("INSERT INTO stream (epoch, seq, hash, source, register_ms) VALUES (1, 10, "
		"decode(repeat('00', 32), 'hex'), '0/1', 1790000000123)");
	struct server_muni_conf *m = arena_zero(rig.a, sizeof(*m));
	/* With the rights of the issuing role and no others. */
	*m = (struct server_muni_conf){ .code = RIG_MUNI,
		.front = arena_printf(rig.a, "%s options='-c role=kofu_front'", rig.conninfo) };
	rig.conf = (struct server_conf){ .id = "S1",
		.queue = 8,
		.deadline_ms = 20000,
		.seal_socket = socket,
		.pins = tmp_path(rig.a, "pins"),
		.policy = POLICY,
		.center_id = "C1",
		.munis = m,
		.n_munis = 1 };
	int r = front_open(&rig.front, rig.a, &rig.conf, &rig.profile, &rig.warm, &err);
	if (r)
		log_fault("rig", (struct txn_id){ 0 }, &err);
	return r;
}

int
rig_down(void **state)
{
	front_close(&rig.front);
	warm_stop(&rig.warm);
	if (rig.seal_pid > 0) {
		(void)kill(rig.seal_pid, SIGTERM);
		(void)waitpid(rig.seal_pid, NULL, 0);
	}
	key_free(rig.inquiry);
	vault_done(&rig.vault);
	arena_free(rig.a);
	return jpki_after(state);
}

static void
card_sign(const uint8_t *p, size_t bytes, struct rig_session *s)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = sizeof(s->signature);
	assert_true(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, card_key) == 1);
	assert_true(EVP_DigestSign(c, s->signature, &n, p, bytes) == 1);
	s->signature_bytes = n;
	EVP_MD_CTX_free(c);
}

void
rig_session(struct rig_session *s, const struct rig_card *c)
{
	struct transcript t = { .kiosk = "K0001", .at_ms = clock_now_ms() - c->age_ms };
	struct key_point point;
	struct err err = { 0 };
	struct buf b;
	*s = (struct rig_session){ .a = arena_new(32 << 20), .key = key_generate() };
	(void)snprintf(t.center, sizeof(t.center), "%s", c->center ? c->center : "C1");
	s->certificate = card_der(s->a, c->serial ? c->serial : 1000 + c->person,
	    c->stranger_ca ? &stranger : &new_auth, c->until_s, &s->certificate_bytes);
	rand_bytes(t.nonce, sizeof(t.nonce));
	sha256(s->certificate, s->certificate_bytes, t.cert_hash);
	struct cert *cert = NULL;
	assert_int_equal(cert_parse(s->certificate, s->certificate_bytes, &cert, &err), 0);
	int known = cert_check(cert, pins, now_ms, s->issuer, NULL, &err);
	assert_true(known == 0 || c->stranger_ca);
	s->serial_bytes = cert_serial(cert, s->serial);
	cert_free(cert);
	key_public(s->key, &point);
	memcpy(t.point, point.b, sizeof(t.point));
	buf_init(&b, TRANSCRIPT_MAX_BYTES);
	assert_int_equal(transcript_format(&t, &b, &err), 0);
	memcpy(s->transcript, b.p, b.bytes);
	s->transcript_bytes = b.bytes;
	buf_done(&b);
	sha256(s->transcript, s->transcript_bytes, s->th);
	card_sign(s->transcript, s->transcript_bytes, s);
	if (c->bad_signature)
		s->signature[9] ^= 1;
}

void
rig_session_end(struct rig_session *s)
{
	key_free(s->key);
	arena_free(s->a);
}

void
rig_reply_done(struct rig_reply *r)
{
	arena_free(r->a);
	r->a = NULL;
}

typedef int handler_fn(struct http_req *req, struct http_res *res, struct err *err);

/* Calls a handler as the center would, over TLS as C1. */
static struct rig_reply
call(handler_fn *handle, json_t *body)
{
	struct rig_reply reply = { .a = arena_new(HTTP_ARENA_BYTES) };
	struct err err = { 0 };
	struct http_res res = { 0 };
	struct buf b;
	buf_init(&b, JS_MAX_BYTES);
	assert_int_equal(js_format(body, &b, &err), 0);
	struct http_req req = { .arena = reply.a,
		.app = &rig.front,
		.txn = { 1 },
		.peer = { .role = "center", .name = "C1" },
		.method = "POST",
		.body = b.p,
		.body_bytes = b.bytes };
	reply.result = handle(&req, &res, &err);
	if (reply.result < 0)
		log_fault("rig.call", req.txn, &err);
	reply.body = res.body;
	reply.body_bytes = res.body_bytes;
	buf_done(&b);
	json_decref(body);
	return reply;
}

static void
put_session(json_t *j, const struct rig_session *s)
{
	js_put_b64url(j, "transcript", s->transcript, s->transcript_bytes);
	js_put_b64url(j, "certificate", s->certificate, s->certificate_bytes);
	js_put_b64url(j, "signature", s->signature, s->signature_bytes);
}

static const char *
sign(const struct rig_session *s, const char *typ, const void *p, size_t bytes)
{
	struct key_signer signer = key_as_signer(s->key);
	struct err err = { 0 };
	char *jws = NULL;
	assert_int_equal(jws_sign(s->a, &signer, typ, p, bytes, &jws, &err), 0);
	return jws;
}

struct order
rig_order_of(const struct rig_session *s, enum doc_kind kind, enum order_scope scope)
{
	struct order o = { .kind = kind,
		.scope = scope,
		.copies = 1,
		.fee_yen = RIG_FEE_YEN,
		.at_ms = clock_now_ms() };
	memcpy(o.muni.s, RIG_MUNI, 7);
	memcpy(o.transcript, s->th, sizeof(o.transcript));
	rand_bytes(o.id.b, sizeof(o.id.b));
	return o;
}

struct rig_reply
rig_order(const struct rig_session *s, const struct order *o)
{
	json_t *j = json_object();
	struct buf b;
	buf_init(&b, ORDER_MAX_BYTES);
	order_format(o, &b);
	assert_true(buf_ok(&b));
	put_session(j, s);
	js_put_text(j, "order", sign(s, "kofu-order", b.p, b.bytes));
	buf_done(&b);
	return call(front_order, j);
}

struct rig_reply
rig_offer(const struct rig_session *s)
{
	json_t *j = json_object();
	js_put_text(j, "muni", RIG_MUNI);
	put_session(j, s);
	return call(front_offer, j);
}

static struct rig_reply
signed_call(handler_fn *handle, const struct rig_session *s, const char *member, const char *typ,
    const char *payload)
{
	json_t *j = json_object();
	js_put_text(j, "muni", RIG_MUNI);
	js_put_b64url(j, "transcript", s->transcript, s->transcript_bytes);
	js_put_text(j, member, sign(s, typ, payload, strlen(payload)));
	return call(handle, j);
}

struct rig_reply
rig_release(const struct rig_session *s, const struct order *o, const char *manifest)
{
	uint8_t hash[32];
	char id[2 * ORDER_ID_BYTES + 1], hex[65];
	sha256(manifest, strlen(manifest), hash);
	text_hex_format(hash, sizeof(hash), hex);
	text_hex_format(o->id.b, sizeof(o->id.b), id);
	return signed_call(front_release, s, "release", "kofu-release",
	    arena_printf(s->a,
		"{\"v\":1,\"order\":\"%s\",\"manifest_sha256\":\"%s\",\"time_ms\":%lld}", id, hex,
		(long long)clock_now_ms()));
}

struct rig_reply
rig_outcome(const struct rig_session *s, const struct order *o, const char *number,
    const char *state, const char *reason)
{
	char id[2 * ORDER_ID_BYTES + 1];
	text_hex_format(o->id.b, sizeof(o->id.b), id);
	if (number == NULL)
		number = arena_strdup(
		    s->a, rig_value("SELECT number FROM issue_copy WHERE order_id = '\\x%s'", id));
	return signed_call(front_outcome, s, "outcome", "kofu-outcome",
	    arena_printf(s->a,
		"{\"v\":1,\"order\":\"%s\",\"copies\":[{\"number\":\"%s\",\"state\":\"%s\","
		"\"reason\":\"%s\"}],\"time_ms\":%lld}",
		id, number, state, reason, (long long)clock_now_ms()));
}

struct rig_reply
rig_withdraw(const struct rig_session *s, const struct order_id *id, const char *reason)
{
	char hex[2 * ORDER_ID_BYTES + 1];
	text_hex_format(id->b, sizeof(id->b), hex);
	return signed_call(front_outcome, s, "outcome", "kofu-outcome",
	    arena_printf(s->a, "{\"v\":1,\"order\":\"%s\",\"all\":\"%s\",\"time_ms\":%lld}", hex,
		reason, (long long)clock_now_ms()));
}

const char *
rig_text(struct arena *to, const struct rig_reply *r, const char *member)
{
	struct err err = { 0 };
	AUTO(json_t) json_t *j = NULL;
	assert_int_equal(js_parse(r->body, r->body_bytes, &j, &err), 0);
	const char *s = json_string_value(json_object_get(j, member));
	assert_non_null(s);
	return arena_strdup(to, s);
}
