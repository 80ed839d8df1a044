/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - the JPKI is asked whether a certificate still stands: once a session,
 * never remembered. Its revocation lists, where they are had, refuse before that.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "center/jpki/lists.h"
#include "pki/cert.h"

struct jpki;
/* @url: "http://127.0.0.1:8080/ocsp". 0 or FAULT_CONFIG. @pins must outlive it. */
MUST_USE int jpki_open(const char *url, const struct cert_pins *pins, int timeout_ms,
    struct jpki **ret, struct err *err);
void jpki_close(struct jpki *j); /* NULL is fine */
void jpki_tidy(struct jpki *j);  /* closes what is left over from a rush */
/*
 * What the lists call revoked is refused without a question. Where the service
 * cannot be reached, lists of the last @stand_in_ms answer in its place; 0 =
 * never: no answer, no certificate. @lists must outlive it.
 */
void jpki_use_lists(struct jpki *j, struct jpki_lists *lists, int64_t stand_in_ms);
/*
 * What is on hold in a list may be good again: the service's word counts.
 * Returns 0 = good, CERT_E_REVOKED, CERT_E_ON_HOLD, CERT_E_STATUS_UNKNOWN, or
 * the fault of asking, which is no better than unknown. For any thread.
 */
MUST_USE int jpki_status(struct jpki *j, struct arena *a, const struct cert *c, struct err *err);
