/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl - what the revocation lists of pinned CAs say (RFC 5280 5), as two bits a
 * serial. The lists may be partitioned: each covers the certificates that name
 * its distribution point.
 */
#pragma once
#include "pki/cert.h"

enum {
	CRL_MAX_BYTES = 64 << 20, /* about 1.7 million entries with their reasons */
	CRL_MAX_PARTS = 8192      /* of all CAs together: 1,741 municipalities, four generations */
};
/* Outcomes of taking a list. */
enum {
	CRL_E_NOT_OURS = 311,  /* no pinned CA's key signed it */
	CRL_E_NOT_NEWER = 312, /* its number is not above that of the list it would replace */
	CRL_E_TOO_MANY = 313   /* CRL_MAX_PARTS are held */
};

struct crl_set;                       /* for any thread */
void crl_set_free(struct crl_set *s); /* NULL is fine */
DEFINE_AUTO(crl_set)
/* Empty: everything is unknown. @pins must outlive it. */
OWNED_BY_CALLER(crl_set_free)
NEVER_NULL struct crl_set *crl_set_new(const struct cert_pins *pins);
/*
 * Takes a whole list (DER) in the place of the former one of its CA and
 * distribution point. Returns 0, CRL_E_*, or FAULT_BAD_INPUT: not a version 2
 * list in force at @now_ms or before, with a number, of all reasons and of its
 * CA's own certificates; a delta; a critical extension that nobody knows; a
 * serial of more than 32 bits. Then what was held stays.
 */
MUST_USE int crl_take(
    struct crl_set *s, const void *der, size_t bytes, int64_t now_ms, struct err *err);
/*
 * What the lists say of @c. Returns CERT_E_REVOKED or CERT_E_ON_HOLD by any list
 * of its CA, however old; 0 when a list that covers @c was made in the last
 * @max_age_ms and promises no newer one yet; else CERT_E_STATUS_UNKNOWN.
 */
int crl_status(struct crl_set *s, const struct cert *c, int64_t now_ms, int64_t max_age_ms);
/* Of the lists held: how many, when the oldest and the newest were made (0 = none), and how many
 * have promised a newer one that is not here. */
struct crl_age {
	size_t n, n_overdue;
	int64_t oldest_ms, newest_ms;
};
void crl_age(struct crl_set *s, int64_t now_ms, struct crl_age *ret);
/* How many lists are held. */
size_t crl_n_parts(struct crl_set *s);
