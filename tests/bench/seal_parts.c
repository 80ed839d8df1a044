/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/seal_parts.h"

#include "backside/envelope.h"
#include "domain/vault.h"
#include "pki/cert.h"
#include "pki/jose.h"
#include "server/issue/render_wire.h"
#include "server/seal/drawn.h"
#include "server/seal/pdfread.h"
#include "server/seal/redraw.h"
#include "server/seal/worker.h"

#include <string.h>
#include <time.h>

enum { MAX_DEPTH = 8 };

const char *const part_names[N_PARTS] = {
	[PART_REST] = "everything else",
	[PART_REQUEST] = "request taken apart",
	[PART_CARD] = "card, order and rows checked",
	[PART_READ] = "PDF read",
	[PART_REDRAW] = "fronts read again",
	[PART_RASTER] = "fronts coded",
	[PART_ENVELOPE] = "records enveloped",
	[PART_TOKEN] = "signatures of the token",
	[PART_ANSWER] = "papers sealed",
};

static double spent[N_PARTS], since;
static enum part stack[MAX_DEPTH];
static unsigned depth;

static double
cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
charge(void)
{
	double now = cpu_ms();
	spent[stack[depth]] += now - since;
	since = now;
}

static void
enter(enum part p)
{
	charge();
	if (depth + 1 < MAX_DEPTH)
		stack[++depth] = p;
}

static int
leave(int r)
{
	charge();
	if (depth > 0)
		depth--;
	return r;
}

void
parts_begin(void)
{
	memset(spent, 0, sizeof(spent));
	stack[0] = PART_REST;
	depth = 0;
	since = cpu_ms();
}

void
parts_end(double ret_ms[N_PARTS])
{
	charge();
	memcpy(ret_ms, spent, sizeof(spent));
}

static struct key_signer signer;

static int
signer_sign(void *self, const uint8_t digest[32], uint8_t sig[KEY_SIG_BYTES], struct err *err)
{
	enter(PART_TOKEN);
	return leave(signer.sign(self, digest, sig, err));
}

/* What signs, its own time counted as the token's. */
int __real_seal_worker_signer(struct seal_worker *w, struct seal_muni *m,
    const struct key_id *known, unsigned n_known, struct key_signer *ret, struct err *err);
int __wrap_seal_worker_signer(struct seal_worker *w, struct seal_muni *m,
    const struct key_id *known, unsigned n_known, struct key_signer *ret, struct err *err);
int
__wrap_seal_worker_signer(struct seal_worker *w, struct seal_muni *m, const struct key_id *known,
    unsigned n_known, struct key_signer *ret, struct err *err)
{
	enter(PART_TOKEN);
	int r = __real_seal_worker_signer(w, m, known, n_known, &signer, err);
	if (r == 0) {
		*ret = signer;
		ret->sign = signer_sign;
	}
	return leave(r);
}

/* A wrapped function: its parameters, then the same as they are passed on. */
#define WRAPPED(name, part, params, args)                                                          \
	int __real_##name params;                                                                  \
	int __wrap_##name params;                                                                  \
	int __wrap_##name params                                                                   \
	{                                                                                          \
		enter(part);                                                                       \
		return leave(__real_##name args);                                                  \
	}

WRAPPED(seal_papers_decode, PART_REQUEST,
    (struct arena * a, const void *p, size_t bytes, struct seal_ask *ret, struct err *err),
    (a, p, bytes, ret, err))
WRAPPED(render_result_decode, PART_REQUEST,
    (struct arena * a, const void *p, size_t bytes, struct render_result *ret, struct err *err),
    (a, p, bytes, ret, err))
WRAPPED(cert_parse, PART_CARD, (const void *der, size_t bytes, struct cert **ret, struct err *err),
    (der, bytes, ret, err))
WRAPPED(cert_check, PART_CARD,
    (const struct cert *c, const struct cert_pins *pins, int64_t now_ms,
	uint8_t ret_issuer[CERT_KEY_HASH_BYTES], struct err *err),
    (c, pins, now_ms, ret_issuer, err))
WRAPPED(cert_verify_digest, PART_CARD,
    (const struct cert *c, const uint8_t digest[32], const void *sig, size_t bytes,
	struct err *err),
    (c, digest, sig, bytes, err))
WRAPPED(jws_verify, PART_CARD,
    (struct arena * a, const struct key_point *point, const char *typ, const char *jws,
	size_t jws_bytes, uint8_t **ret, size_t *ret_bytes, struct err *err),
    (a, point, typ, jws, jws_bytes, ret, ret_bytes, err))
WRAPPED(vault_card_check, PART_CARD,
    (const struct vault *v, const struct vault_card_row *row, const uint8_t issuer[32],
	const uint8_t *serial, size_t serial_bytes, struct err *err),
    (v, row, issuer, serial, serial_bytes, err))
WRAPPED(vault_row_open, PART_CARD,
    (const struct vault *v, struct arena *a, enum vault_kind kind, const struct person_ref *ref,
	uint32_t rireki_no, const void *sealed, size_t bytes, uint8_t **ret, size_t *ret_bytes,
	struct err *err),
    (v, a, kind, ref, rireki_no, sealed, bytes, ret, ret_bytes, err))
WRAPPED(pdfread, PART_READ,
    (struct arena * a, const void *p, size_t bytes, struct pdfread **ret, struct err *err),
    (a, p, bytes, ret, err))
WRAPPED(redraw_check, PART_REDRAW,
    (struct arena * a, const struct demand *d, const struct seal_copy *copy,
	const struct pdfread *pdf, struct render_doc *doc, struct err *err),
    (a, d, copy, pdf, doc, err))
WRAPPED(drawn_encode, PART_RASTER,
    (struct drawn_glyphs * g, struct render_fonts *f, const struct dlist *l,
	const struct profile *p, struct buf *out, struct err *err),
    (g, f, l, p, out, err))
WRAPPED(envelope_seal, PART_ENVELOPE,
    (const struct envelope_seal *s, const void *record, size_t bytes, struct buf *out,
	struct err *err),
    (s, record, bytes, out, err))
WRAPPED(jwe_seal, PART_ANSWER,
    (struct arena * a, const struct key_point *recipient, const char *typ, const void *apv,
	size_t apv_bytes, const void *p, size_t bytes, char **ret, struct err *err),
    (a, recipient, typ, apv, apv_bytes, p, bytes, ret, err))
