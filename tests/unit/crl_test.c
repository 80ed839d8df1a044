/* SPDX-License-Identifier: Apache-2.0 */
/* What revocation lists may say, what is not believed, and when they answer for a silent service.
 */
#include "tests/unit/cert_help.h"

#include "center/jpki/status.h"
#include "pki/crl.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

enum { HOUR_S = 3600, LEAF = 1 }; /* the leaf's own serial, by its place in serials[] */
static const uint64_t serials[] = { 7, 0xC0FFEE42, UINT32_MAX, UINT64_C(1) << 32 };
static const char *const here[] = { "C", "JP", "OU", "Mihon-ken", "CN", "City-1", NULL };
static const char *const there[] = { "C", "JP", "OU", "Mihon-ken", "CN", "City-2", NULL };

struct list {
	const struct ca *by;
	const char *const *scope; /* NULL = all */
	uint64_t number;          /* 0 = none */
	int64_t this_s, next_s;   /* from now */
	unsigned marks, holds;    /* bits: which of serials[] */
	const struct ca *named;
	int reason; /* of marks; 0 = not said */
	bool delta, only_ca, some_reasons, indirect, odd_critical, entry_critical, sha1, v1;
	int cut, tail;
};

static void
mark(X509_CRL *crl, uint64_t serial, int reason, bool critical)
{
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_INTEGER *number = x509_serial_of(serial);
	ASN1_TIME *since = ASN1_TIME_set(NULL, now_s - HOUR_S);
	assert_int_equal(X509_REVOKED_set_serialNumber(rev, number), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(rev, since), 1);
	if (reason != 0) {
		ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
		assert_int_equal(ASN1_ENUMERATED_set(why, reason), 1);
		assert_int_equal(
		    X509_REVOKED_add1_ext_i2d(rev, NID_crl_reason, why, critical, 0), 1);
		ASN1_ENUMERATED_free(why);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, rev), 1);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(since);
}

static GENERAL_NAMES *
scope_names(const char *const *parts)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *g = GENERAL_NAME_new();
	X509_NAME *n = X509_NAME_new();
	for (; *parts != NULL; parts += 2)
		assert_int_equal(X509_NAME_add_entry_by_txt(n, parts[0], MBSTRING_UTF8,
				     (const unsigned char *)parts[1], -1, -1, 0),
		    1);
	GENERAL_NAME_set0_value(g, GEN_DIRNAME, n);
	assert_true(sk_GENERAL_NAME_push(all, g) > 0);
	return all;
}

static void
scope(X509_CRL *crl, const struct list *l)
{
	ISSUING_DIST_POINT *d = ISSUING_DIST_POINT_new();
	if (l->scope == NULL && !l->only_ca && !l->some_reasons && !l->indirect) {
		ISSUING_DIST_POINT_free(d);
		return;
	}
	if (l->scope != NULL) {
		d->distpoint = DIST_POINT_NAME_new();
		d->distpoint->type = 0;
		d->distpoint->name.fullname = scope_names(l->scope);
	}
	d->onlyCA = l->only_ca ? 0xFF : 0;
	d->indirectCRL = l->indirect ? 0xFF : 0;
	if (l->some_reasons) {
		d->onlysomereasons = ASN1_BIT_STRING_new();
		assert_int_equal(ASN1_BIT_STRING_set_bit(d->onlysomereasons, 1, 1), 1);
	}
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, d, 1, 0), 1);
	ISSUING_DIST_POINT_free(d);
}

static void
number(X509_CRL *crl, int nid, uint64_t v, int critical)
{
	ASN1_INTEGER *i = x509_serial_of(v);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, nid, i, critical, 0), 1);
	ASN1_INTEGER_free(i);
}

static uint8_t *
list_make(const struct list *l, size_t *ret_bytes)
{
	X509_CRL *crl = X509_CRL_new();
	const struct ca *named = l->named ? l->named : l->by;
	ASN1_TIME *from = ASN1_TIME_set(NULL, now_s + l->this_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, now_s + (l->next_s ? l->next_s : HOUR_S));
	uint8_t *der = NULL;
	assert_int_equal(
	    X509_CRL_set_version(crl, l->v1 ? X509_CRL_VERSION_1 : X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(named->crt)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, until), 1);
	if (l->number != 0)
		number(crl, NID_crl_number, l->number, 0);
	if (l->delta)
		number(crl, NID_delta_crl, 1, 1);
	if (l->odd_critical)
		number(crl, NID_invalidity_date, 1, 1);
	scope(crl, l);
	for (unsigned i = 0; i < N_ELEMENTS(serials); i++) {
		if (l->marks >> i & 1)
			mark(crl, serials[i], l->reason, l->entry_critical);
		if (l->holds >> i & 1)
			mark(crl, serials[i], CRL_REASON_CERTIFICATE_HOLD, false);
	}
	assert_true(X509_CRL_sign(crl, l->by->key, l->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
	int n = i2d_X509_CRL(crl, &der);
	assert_true(n > 0);
	uint8_t *copy = arena_zero(a, (size_t)n + 1);
	memcpy(copy, der, (size_t)n);
	*ret_bytes = (size_t)(n - l->cut + l->tail);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return copy;
}

static int
take(struct crl_set *s, const struct list *l)
{
	struct err err = { 0 };
	size_t n = 0;
	uint8_t *der = list_make(l, &n);
	return crl_take(s, der, n, now_ms, &err);
}

/* A leaf of the new generation, in the first city. */
static struct cert *
leaf_of(const struct ca *by)
{
	X509 *x = leaf_x509(&(struct leaf){ .by = by });
	uint8_t *der = NULL;
	struct cert *c = NULL;
	struct err err = { 0 };
	x509_ext_crldp(x, here);
	x509_sign(x, by->key);
	int n = i2d_X509(x, &der);
	assert_int_equal(cert_parse(der, (size_t)n, &c, &err), 0);
	OPENSSL_free(der);
	X509_free(x);
	return c;
}

static int
status(struct crl_set *s, int64_t late_s)
{
	AUTO(cert) struct cert *c = leaf_of(&new_auth);
	return crl_status(s, c, now_ms + late_s * 1000, HOUR_S * INT64_C(1000));
}

static void
a_fresh_list_that_covers_the_certificate_answers(void **state)
{
	const struct {
		struct list l;
		int want;
	} t[] = {
		{ { .by = &new_auth, .number = 1 }, 0 },
		{ { .by = &new_auth, .number = 1, .scope = here }, 0 },
		{ { .by = &new_auth, .number = 1, .scope = here, .marks = 1 }, 0 },
		{ { .by = &new_auth, .number = 1, .scope = there }, CERT_E_STATUS_UNKNOWN },
		{ { .by = &old_auth, .number = 1 }, CERT_E_STATUS_UNKNOWN },
		{ { .by = &old_auth, .number = 1, .marks = 1 << LEAF }, CERT_E_STATUS_UNKNOWN },
		{ { .by = &new_auth, .number = 1, .marks = 1 << LEAF }, CERT_E_REVOKED },
		{ { .by = &new_auth, .number = 1, .marks = 1 << LEAF, .reason = 4 },
		    CERT_E_REVOKED },
		{ { .by = &new_auth, .number = 1, .marks = 1 << LEAF, .scope = there },
		    CERT_E_REVOKED },
		{ { .by = &new_auth, .number = 1, .holds = 1 << LEAF, .marks = 1 },
		    CERT_E_ON_HOLD },
		{ { .by = &new_auth, .number = 1, .marks = 4 }, 0 },
		{ { .by = &new_auth, .number = 1, .this_s = 60, .next_s = HOUR_S }, 0 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(crl_set) struct crl_set *s = crl_set_new(pins);
		assert_int_equal(status(s, 0), CERT_E_STATUS_UNKNOWN);
		assert_int_equal(take(s, &t[i].l), 0);
		if (status(s, 0) != t[i].want)
			print_error("row %zu\n", i);
		assert_int_equal(status(s, 0), t[i].want);
	}
}

static void
what_is_no_list_of_ours_is_refused_and_changes_nothing(void **state)
{
	const struct {
		struct list l;
		int want;
	} t[] = {
		{ { .by = &stranger, .number = 9 }, CRL_E_NOT_OURS },
		{ { .by = &sign_ca, .number = 9 }, CRL_E_NOT_OURS },
		{ { .by = &stranger, .named = &new_auth, .number = 9 }, CRL_E_NOT_OURS },
		{ { .by = &new_auth, .named = &sign_ca, .number = 9 }, CRL_E_NOT_OURS },
		{ { .by = &new_auth, .number = 9, .sha1 = true }, CRL_E_NOT_OURS },
		{ { .by = &new_auth, .number = 5 }, CRL_E_NOT_NEWER },
		{ { .by = &new_auth, .number = 4 }, CRL_E_NOT_NEWER },
		{ { .by = &new_auth, .number = 0 }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .this_s = 61 }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .next_s = -1 }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .delta = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .only_ca = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .indirect = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .some_reasons = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .odd_critical = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .marks = 1, .reason = 1, .entry_critical = true },
		    FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .marks = 8 }, FAULT_BAD_INPUT }, /* 2^32 */
		{ { .by = &new_auth, .number = 9, .v1 = true }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .cut = 1 }, FAULT_BAD_INPUT },
		{ { .by = &new_auth, .number = 9, .tail = 1 }, FAULT_BAD_INPUT },
	};
	AUTO(crl_set) struct crl_set *s = crl_set_new(pins);
	(void)state;
	assert_int_equal(
	    take(s, &(struct list){ .by = &new_auth, .number = 5, .marks = 1 << LEAF }), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int r = take(s, &t[i].l);
		if (r != t[i].want)
			print_error("row %zu\n", i);
		assert_int_equal(r, t[i].want);
		assert_int_equal(status(s, 0), CERT_E_REVOKED);
		assert_int_equal(crl_n_parts(s), 1);
	}
}

static void
a_newer_list_takes_the_place_of_the_older_and_of_no_other(void **state)
{
	AUTO(crl_set) struct crl_set *s = crl_set_new(pins);
	const struct list hold = {
		.by = &new_auth, .number = 1, .scope = here, .holds = 1 << LEAF
	};
	const struct list lifted = { .by = &new_auth, .number = 2, .scope = here };
	const struct list both = {
		.by = &new_auth, .number = 1, .scope = there, .marks = 1 << LEAF
	};
	const struct list none = { .by = &new_auth, .number = 3, .scope = there };
	(void)state;
	assert_int_equal(take(s, &hold), 0);
	assert_int_equal(status(s, 0), CERT_E_ON_HOLD);
	assert_int_equal(take(s, &lifted), 0);
	assert_int_equal(status(s, 0), 0);
	assert_int_equal(take(s, &both), 0);
	assert_int_equal(status(s, 0), CERT_E_REVOKED);
	assert_int_equal(take(s, &(struct list){ .by = &new_auth, .number = 4, .scope = here }), 0);
	assert_int_equal(status(s, 0), CERT_E_REVOKED); /* the other list's word stands */
	assert_int_equal(take(s, &none), 0);
	assert_int_equal(status(s, 0), 0);
	assert_int_equal(crl_n_parts(s), 2);
}

static void
an_old_list_refuses_still_but_calls_nobody_good(void **state)
{
	AUTO(crl_set) struct crl_set *s = crl_set_new(pins);
	(void)state;
	assert_int_equal(
	    take(s, &(struct list){ .by = &new_auth, .number = 1, .next_s = 2 * HOUR_S }), 0);
	assert_int_equal(status(s, HOUR_S), 0); /* the age that is asked for, and one past it */
	assert_int_equal(status(s, HOUR_S + 1), CERT_E_STATUS_UNKNOWN);
	assert_int_equal(take(s, &(struct list){ .by = &new_auth, .number = 2, .next_s = 60 }), 0);
	assert_int_equal(status(s, 60), 0); /* its promise */
	assert_int_equal(status(s, 61), CERT_E_STATUS_UNKNOWN);
	assert_int_equal(
	    take(s, &(struct list){ .by = &new_auth, .number = 3, .marks = 1 << LEAF }), 0);
	assert_int_equal(status(s, 1000 * HOUR_S), CERT_E_REVOKED);
}

static void
put(const char *name, const struct list *l)
{
	size_t n = 0;
	uint8_t *der = list_make(l, &n);
	tmp_write(a, name, der, n);
}

/* Nobody listens there. */
static int
ask_silence(struct jpki_lists *lists, int64_t stand_in_ms)
{
	struct jpki *j = NULL;
	struct err err = { 0 };
	AUTO(cert) struct cert *c = leaf_of(&new_auth);
	assert_int_equal(jpki_open("http://127.0.0.1:1/", pins, 1000, &j, &err), 0);
	jpki_use_lists(j, lists, stand_in_ms);
	int r = jpki_status(j, a, c, &err);
	jpki_close(j);
	return r;
}

static void
lists_of_a_folder_stand_in_for_a_silent_service_only_where_they_may(void **state)
{
	struct jpki_lists *l = NULL;
	struct err err = { 0 };
	(void)state;
	assert_int_equal(jpki_lists_open(tmp_path(a, "none"), pins, &l, &err), FAULT_CONFIG);
	assert_int_equal(tmp_run(a, "mkdir lists"), 0);
	tmp_write(a, "lists/broken.crl", "no list", 7);
	put("lists/README", &(struct list){ .by = &new_auth, .number = 9, .marks = 1 << LEAF });
	put("lists/city-1.crl", &(struct list){ .by = &new_auth, .number = 1, .scope = here });
	assert_int_equal(jpki_lists_open(tmp_path(a, "lists"), pins, &l, &err), 0);
	assert_int_equal(crl_n_parts(jpki_lists_set(l)), 1);
	assert_int_equal(ask_silence(NULL, 0), FAULT_UNAVAILABLE);
	assert_int_equal(ask_silence(l, 0), FAULT_UNAVAILABLE);
	assert_int_equal(ask_silence(l, HOUR_S * INT64_C(1000)), 0);
	assert_int_equal(jpki_lists_look(l, now_ms), 0); /* nothing new */
	put("lists/city-1.crl",
	    &(struct list){ .by = &new_auth, .number = 2, .scope = here, .holds = 1 << LEAF });
	assert_int_equal(jpki_lists_look(l, now_ms), 1);
	assert_int_equal(ask_silence(l, HOUR_S * INT64_C(1000)), CERT_E_ON_HOLD);
	assert_int_equal(ask_silence(l, 0), FAULT_UNAVAILABLE); /* the service might call it good */
	put("lists/whole.crl", &(struct list){ .by = &new_auth, .number = 1, .marks = 1 << LEAF });
	assert_int_equal(jpki_lists_look(l, now_ms), 1);
	assert_int_equal(ask_silence(l, 0), CERT_E_REVOKED); /* without a question */
	assert_int_equal(tmp_run(a, "rm -r lists"), 0);
	assert_int_equal(jpki_lists_look(l, now_ms), 0);
	assert_int_equal(ask_silence(l, 0), CERT_E_REVOKED);
	jpki_lists_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_list_that_covers_the_certificate_answers),
		cmocka_unit_test(what_is_no_list_of_ours_is_refused_and_changes_nothing),
		cmocka_unit_test(a_newer_list_takes_the_place_of_the_older_and_of_no_other),
		cmocka_unit_test(an_old_list_refuses_still_but_calls_nobody_good),
		cmocka_unit_test(
		    lists_of_a_folder_stand_in_for_a_silent_service_only_where_they_may),
	};
	return cmocka_run_group_tests(tests, jpki_before, jpki_after);
}
