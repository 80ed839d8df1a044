/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/crl.h"
#include "base/mem.h"
#include "pki/cert_int.h"
#include "pki/evp.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

enum {
	CRL_SKEW_MS = 60 * 1000, /* between the CA's clock and ours */
	CRL_PAGE_BITS = 16,
	CRL_PAGE_WORDS = (1 << CRL_PAGE_BITS) / 64,
	CRL_N_PAGES = 1 << (32 - CRL_PAGE_BITS)
};

/* Serials are dense: a page of 65,536 of them, made when the first is marked. */
struct crl_page {
	uint64_t revoked[CRL_PAGE_WORDS];
	uint64_t hold[CRL_PAGE_WORDS];
};
struct crl_mark {
	uint32_t serial;
	bool hold;
};
/* One list: its CA, what it covers, what it marks. */
struct crl_part {
	size_t ca;
	bool whole; /* no distribution point: all of the CA's certificates */
	uint8_t scope[32];
	uint64_t number;
	int64_t from_ms, until_ms;
	struct crl_mark *marks;
	size_t n_marks;
};
struct crl_set {
	const struct cert_pins *pins;
	pthread_rwlock_t lock;
	struct crl_part parts[CRL_MAX_PARTS];
	size_t n_parts;
	struct crl_page **pages[CERT_MAX_PINS]; /* CRL_N_PAGES each, or NULL */
};

static inline void
X509_CRL_freep(X509_CRL **p)
{
	X509_CRL_free(*p);
}
static inline void
ISSUING_DIST_POINT_freep(ISSUING_DIST_POINT **p)
{
	ISSUING_DIST_POINT_free(*p);
}
static inline void
ASN1_INTEGER_freep(ASN1_INTEGER **p)
{
	ASN1_INTEGER_free(*p);
}
static inline void
ASN1_ENUMERATED_freep(ASN1_ENUMERATED **p)
{
	ASN1_ENUMERATED_free(*p);
}
static inline void
CRL_DIST_POINTS_freep(CRL_DIST_POINTS **p)
{
	CRL_DIST_POINTS_free(*p);
}

struct crl_set *
crl_set_new(const struct cert_pins *pins)
{
	struct crl_set *s = mem_zero(sizeof(*s));
	s->pins = pins;
	(void)pthread_rwlock_init(&s->lock, NULL);
	return s;
}

void
crl_set_free(struct crl_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_parts; i++)
		mem_free(s->parts[i].marks);
	for (size_t i = 0; i < CERT_MAX_PINS; i++) {
		for (size_t k = 0; s->pages[i] != NULL && k < CRL_N_PAGES; k++)
			mem_free(s->pages[i][k]);
		mem_free(s->pages[i]);
	}
	(void)pthread_rwlock_destroy(&s->lock);
	mem_free(s);
}

static bool
crl_serial(const ASN1_INTEGER *i, uint32_t *ret)
{
	uint64_t v = 0;
	if (ASN1_INTEGER_get_uint64(&v, i) != 1 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* A distribution point by its full name; names relative to the issuer are not in use. */
static bool
crl_scope(const DIST_POINT_NAME *name, uint8_t ret[32])
{
	uint8_t *der = NULL;
	int n = name->type == 0 ? i2d_GENERAL_NAMES(name->name.fullname, &der) : 0;
	if (n > 0)
		sha256(der, (size_t)n, ret);
	OPENSSL_free(der);
	return n > 0;
}

static bool
crl_knows_its_extensions(const X509_CRL *crl)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
		if (nid == NID_delta_crl ||
		    (X509_EXTENSION_get_critical(e) && nid != NID_issuing_distribution_point))
			return false;
	}
	return true;
}

/* Read twice, or broken, is no absence: @ret_there is -1 only where there is none at all. */
static void *
crl_ext(const X509_CRL *crl, int nid, int *ret_there)
{
	return X509_CRL_get_ext_d2i(crl, nid, ret_there, NULL);
}

static bool
crl_read_scope(const X509_CRL *crl, struct crl_part *p)
{
	int there = 0;
	AUTO(ISSUING_DIST_POINT)
	ISSUING_DIST_POINT *d = crl_ext(crl, NID_issuing_distribution_point, &there);
	if (d == NULL)
		return p->whole = there == -1;
	p->whole = d->distpoint == NULL;
	return d->onlyCA <= 0 && d->onlyattr <= 0 && d->indirectCRL <= 0 &&
	    d->onlysomereasons == NULL && (p->whole || crl_scope(d->distpoint, p->scope));
}

static bool
crl_read_head(const X509_CRL *crl, int64_t now_ms, struct crl_part *p)
{
	int there = 0;
	AUTO(ASN1_INTEGER) ASN1_INTEGER *number = crl_ext(crl, NID_crl_number, &there);
	return X509_CRL_get_version(crl) == X509_CRL_VERSION_2 && number != NULL &&
	    ASN1_INTEGER_get_uint64(&p->number, number) == 1 &&
	    cert_time_ms(X509_CRL_get0_lastUpdate(crl), &p->from_ms, NULL) == 0 &&
	    cert_time_ms(X509_CRL_get0_nextUpdate(crl), &p->until_ms, NULL) == 0 &&
	    p->from_ms < p->until_ms && p->from_ms <= now_ms + CRL_SKEW_MS &&
	    crl_knows_its_extensions(crl) && crl_read_scope(crl, p);
}

static bool
crl_read_mark(const X509_REVOKED *rev, struct crl_mark *ret)
{
	int there = 0;
	for (int i = 0; i < X509_REVOKED_get_ext_count(rev); i++)
		if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(rev, i)))
			return false;
	AUTO(ASN1_ENUMERATED)
	ASN1_ENUMERATED *why = X509_REVOKED_get_ext_d2i(rev, NID_crl_reason, &there, NULL);
	if (why == NULL && there != -1)
		return false;
	ret->hold = why != NULL && ASN1_ENUMERATED_get(why) == CRL_REASON_CERTIFICATE_HOLD;
	return crl_serial(X509_REVOKED_get0_serialNumber(rev), &ret->serial);
}

static bool
crl_read_marks(X509_CRL *crl, struct crl_part *p)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	int n = all != NULL ? sk_X509_REVOKED_num(all) : 0;
	p->marks = mem_zero_n((size_t)n + 1, sizeof(*p->marks));
	for (int i = 0; i < n; i++)
		if (!crl_read_mark(sk_X509_REVOKED_value(all, i), &p->marks[i]))
			return false;
	p->n_marks = (size_t)n;
	return true;
}

/* Chosen by its key, as certificates' issuers are. */
static bool
crl_signer(X509_CRL *crl, const struct cert_pins *pins, size_t *ret)
{
	const X509_ALGOR *alg = NULL;
	X509_CRL_get0_signature(crl, NULL, &alg);
	if (!cert_alg_is_allowed(alg))
		return false;
	for (size_t i = 0; i < pins->n; i++) {
		X509 *ca = pins->ca[i];
		if ((X509_get_key_usage(ca) & KU_CRL_SIGN) &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ca)) == 0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static uint64_t *
page_word(struct crl_page *p, uint32_t serial, bool hold)
{
	uint32_t in = serial & ((1u << CRL_PAGE_BITS) - 1);
	return &(hold ? p->hold : p->revoked)[in / 64];
}

static void
set_mark(struct crl_set *s, size_t ca, const struct crl_mark *m, bool on)
{
	if (s->pages[ca] == NULL)
		s->pages[ca] = mem_zero_n(CRL_N_PAGES, sizeof(*s->pages[ca]));
	struct crl_page **page = &s->pages[ca][m->serial >> CRL_PAGE_BITS];
	if (*page == NULL)
		*page = mem_zero(sizeof(**page));
	uint64_t *w = page_word(*page, m->serial, m->hold);
	uint64_t bit = UINT64_C(1) << (m->serial % 64);
	*w = on ? *w | bit : *w & ~bit;
}

static bool
set_has(const struct crl_set *s, size_t ca, uint32_t serial, bool hold)
{
	struct crl_page *p = s->pages[ca] ? s->pages[ca][serial >> CRL_PAGE_BITS] : NULL;
	return p != NULL && (*page_word(p, serial, hold) >> (serial % 64) & 1) != 0;
}

static struct crl_part *
set_part(struct crl_set *s, size_t ca, bool whole, const uint8_t scope[32])
{
	for (size_t i = 0; i < s->n_parts; i++) {
		struct crl_part *p = &s->parts[i];
		if (p->ca == ca && p->whole == whole &&
		    (whole || memcmp(p->scope, scope, sizeof(p->scope)) == 0))
			return p;
	}
	return NULL;
}

/* Two lists may mark one serial: what stays is marked again. */
static void
set_unmark(struct crl_set *s, const struct crl_part *old)
{
	for (size_t i = 0; i < old->n_marks; i++)
		set_mark(s, old->ca, &old->marks[i], false);
	for (size_t k = 0; k < s->n_parts; k++) {
		const struct crl_part *p = &s->parts[k];
		for (size_t i = 0; p != old && p->ca == old->ca && i < p->n_marks; i++)
			set_mark(s, p->ca, &p->marks[i], true);
	}
}

/* Takes p->marks over, whatever it returns. */
static int
set_put(struct crl_set *s, struct crl_part *p)
{
	struct crl_part *at = set_part(s, p->ca, p->whole, p->scope);
	int r = 0;
	if (at == NULL && s->n_parts == CRL_MAX_PARTS)
		r = CRL_E_TOO_MANY;
	else if (at != NULL && p->number <= at->number)
		r = CRL_E_NOT_NEWER;
	if (r) {
		mem_free(p->marks);
		return r;
	}
	if (at != NULL) {
		set_unmark(s, at);
		mem_free(at->marks);
	} else {
		at = &s->parts[s->n_parts++];
	}
	*at = *p;
	for (size_t i = 0; i < p->n_marks; i++)
		set_mark(s, p->ca, &p->marks[i], true);
	return 0;
}

int
crl_take(struct crl_set *s, const void *der, size_t bytes, int64_t now_ms, struct err *err)
{
	const uint8_t *at = der;
	struct crl_part p = { 0 };
	if (bytes == 0 || bytes > CRL_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "revocation list's size", (long)bytes);
	AUTO(X509_CRL) X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)bytes);
	bool parsed = crl != NULL && at == (const uint8_t *)der + bytes;
	bool ours = parsed && crl_signer(crl, s->pins, &p.ca);
	bool fine = ours && crl_read_head(crl, now_ms, &p) && crl_read_marks(crl, &p);
	ERR_clear_error();
	if (parsed && !ours)
		return CRL_E_NOT_OURS;
	if (!fine) {
		mem_free(p.marks);
		return err_raise(err, FAULT_BAD_INPUT, "revocation list", (long)bytes);
	}
	(void)pthread_rwlock_wrlock(&s->lock);
	int r = set_put(s, &p);
	(void)pthread_rwlock_unlock(&s->lock);
	return r;
}

static bool
part_is_fresh(const struct crl_part *p, int64_t now_ms, int64_t max_age_ms)
{
	return p != NULL && p->from_ms <= now_ms + CRL_SKEW_MS &&
	    now_ms - p->from_ms <= max_age_ms && now_ms <= p->until_ms;
}

/* Is there a fresh list of all, or of a distribution point that the certificate names? */
static bool
set_covers(struct crl_set *s, size_t ca, X509 *x, int64_t now_ms, int64_t max_age_ms)
{
	uint8_t scope[32];
	if (part_is_fresh(set_part(s, ca, true, NULL), now_ms, max_age_ms))
		return true;
	AUTO(CRL_DIST_POINTS)
	CRL_DIST_POINTS *all = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	for (int i = 0; all != NULL && i < sk_DIST_POINT_num(all); i++) {
		const DIST_POINT *d = sk_DIST_POINT_value(all, i);
		if (d->distpoint != NULL && d->reasons == NULL && d->CRLissuer == NULL &&
		    crl_scope(d->distpoint, scope) &&
		    part_is_fresh(set_part(s, ca, false, scope), now_ms, max_age_ms))
			return true;
	}
	return false;
}

int
crl_status(struct crl_set *s, const struct cert *c, int64_t now_ms, int64_t max_age_ms)
{
	const X509 *issuer = cert_issuer(c, s->pins);
	uint32_t serial = 0;
	size_t ca = 0;
	while (ca < s->pins->n && s->pins->ca[ca] != issuer)
		ca++;
	if (ca == s->pins->n || !crl_serial(X509_get0_serialNumber(c->x509), &serial))
		return CERT_E_STATUS_UNKNOWN;
	int r = CERT_E_STATUS_UNKNOWN;
	(void)pthread_rwlock_rdlock(&s->lock);
	if (set_has(s, ca, serial, false))
		r = CERT_E_REVOKED;
	else if (set_has(s, ca, serial, true))
		r = CERT_E_ON_HOLD;
	else if (set_covers(s, ca, c->x509, now_ms, max_age_ms))
		r = 0;
	(void)pthread_rwlock_unlock(&s->lock);
	ERR_clear_error();
	return r;
}

size_t
crl_n_parts(struct crl_set *s)
{
	(void)pthread_rwlock_rdlock(&s->lock);
	size_t n = s->n_parts;
	(void)pthread_rwlock_unlock(&s->lock);
	return n;
}

void
crl_age(struct crl_set *s, int64_t now_ms, struct crl_age *ret)
{
	struct crl_age a = { 0 };
	(void)pthread_rwlock_rdlock(&s->lock);
	for (size_t i = 0; i < s->n_parts; i++) {
		const struct crl_part *p = &s->parts[i];
		a.n_overdue += p->until_ms < now_ms;
		if (a.n == 0 || p->from_ms < a.oldest_ms)
			a.oldest_ms = p->from_ms;
		if (a.n == 0 || p->from_ms > a.newest_ms)
			a.newest_ms = p->from_ms;
		a.n++;
	}
	(void)pthread_rwlock_unlock(&s->lock);
	*ret = a;
}
