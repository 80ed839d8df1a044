/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of kofu-seal. */
#include "backside/envelope.h"
#include "domain/vault.h"
#include "pki/jose.h"
#include "server/issue/render_wire.h"
#include "server/render/dlist.h"
#include "server/seal/demand.h"
#include "tests/mixup/mutants/mutant.h"
#include "wire/js.h"

#include <string.h>

/* The finished paper is signed unread: what the front's spool gave is what goes out. */
int __wrap_demand_check_paper(const struct demand *d, struct arena *a, const struct seal_copy *copy,
    struct render_doc *doc, struct payload_ground ret_grounds[static RENDER_MAX_PAGES],
    struct err *err);
int __real_demand_check_paper(const struct demand *d, struct arena *a, const struct seal_copy *copy,
    struct render_doc *doc, struct payload_ground ret_grounds[static RENDER_MAX_PAGES],
    struct err *err);
int
__wrap_demand_check_paper(const struct demand *d, struct arena *a, const struct seal_copy *copy,
    struct render_doc *doc, struct payload_ground ret_grounds[static RENDER_MAX_PAGES],
    struct err *err)
{
	static const struct dlist white;
	int r = __real_demand_check_paper(d, a, copy, doc, ret_grounds, err);
	if (r != SEAL_E_PAPER || !mutant("paper not read again"))
		return r;
	for (unsigned i = 0; i < doc->n_pages; i++) /* where it was not read: white */
		if (doc->pages[i].drawn == NULL)
			doc->pages[i].drawn = &white;
	return 0;
}

/* Each back carries the record of the page before it, properly signed. */
int __wrap_envelope_seal(const struct envelope_seal *s, const void *record, size_t bytes,
    struct buf *out, struct err *err);
int __real_envelope_seal(const struct envelope_seal *s, const void *record, size_t bytes,
    struct buf *out, struct err *err);
int
__wrap_envelope_seal(const struct envelope_seal *s, const void *record, size_t bytes,
    struct buf *out, struct err *err)
{
	static uint8_t before[ENVELOPE_MAX_RECORD_BYTES];
	static size_t before_bytes;
	if (!mutant("back of another page") || bytes > sizeof(before))
		return __real_envelope_seal(s, record, bytes, out, err);
	int r = before_bytes > 0 ? __real_envelope_seal(s, before, before_bytes, out, err)
				 : __real_envelope_seal(s, record, bytes, out, err);
	memcpy(before, record, bytes);
	before_bytes = bytes;
	return r;
}

/* The papers are sealed to whoever ordered before. */
int __wrap_jwe_seal_packed(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err);
int __real_jwe_seal_packed(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err);
int
__wrap_jwe_seal_packed(struct arena *a, const struct key_point *recipient, const char *typ,
    const void *apv, size_t apv_bytes, const void *p, size_t bytes, uint8_t **ret,
    size_t *ret_bytes, struct err *err)
{
	static struct key_point before;
	static bool filled;
	struct key_point to = filled && mutant("papers sealed to another") ? before : *recipient;
	before = *recipient;
	filled = true;
	return __real_jwe_seal_packed(a, &to, typ, apv, apv_bytes, p, bytes, ret, ret_bytes, err);
}

/* Another build than the one that the center expects joins: 宗像市 2023, 高松市 2024. */
void __wrap_js_put_text(json_t *o, const char *key, const char *v);
void __real_js_put_text(json_t *o, const char *key, const char *v);
void
__wrap_js_put_text(json_t *o, const char *key, const char *v)
{
	bool old = strcmp(key, "build") == 0 && mutant("old build joined");
	__real_js_put_text(o, key, old ? "0.0.9-old" : v);
}

/* The manifest names another municipality's kind of paper. */
const char *__wrap_doc_kind_name(enum doc_kind k);
const char *__real_doc_kind_name(enum doc_kind k);
const char *
__wrap_doc_kind_name(enum doc_kind k)
{
	bool other = k == DOC_KISAI && mutant("manifest of another kind");
	return __real_doc_kind_name(other ? DOC_JUMINHYO : k);
}

int __wrap_vault_card_check(const struct vault *v, const struct vault_card_row *row,
    const uint8_t issuer[32], const uint8_t *serial, size_t serial_bytes, struct err *err);
int __real_vault_card_check(const struct vault *v, const struct vault_card_row *row,
    const uint8_t issuer[32], const uint8_t *serial, size_t serial_bytes, struct err *err);
int
__wrap_vault_card_check(const struct vault *v, const struct vault_card_row *row,
    const uint8_t issuer[32], const uint8_t *serial, size_t serial_bytes, struct err *err)
{
	if (mutant("card rows swapped in the database") ||
	    mutant("card looked up in a cache, row unread"))
		return 0;
	return __real_vault_card_check(v, row, issuer, serial, serial_bytes, err);
}
