/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of kofu-center. */
#include "base/text.h"
#include "center/router/decide_node.h"
#include "center/router/router.h"
#include "tests/mixup/mutants/mutant.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The manifest is passed on unchecked. */
enum answer_flaw __wrap_answer_decide(struct arena *a, const struct order_case *c,
    const char *kiosk, const struct keydir *keys, const char *jws, size_t jws_bytes, int64_t now_ms,
    struct manifest *ret);
enum answer_flaw __real_answer_decide(struct arena *a, const struct order_case *c,
    const char *kiosk, const struct keydir *keys, const char *jws, size_t jws_bytes, int64_t now_ms,
    struct manifest *ret);
enum answer_flaw
__wrap_answer_decide(struct arena *a, const struct order_case *c, const char *kiosk,
    const struct keydir *keys, const char *jws, size_t jws_bytes, int64_t now_ms,
    struct manifest *ret)
{
	enum answer_flaw f = __real_answer_decide(a, c, kiosk, keys, jws, jws_bytes, now_ms, ret);
	const char *dot = strchr(jws, '.'), *end = dot != NULL ? strchr(dot + 1, '.') : NULL;
	struct err err = { 0 };
	size_t n = 0;
	if (f == ANSWER_SOUND || end == NULL || !mutant("answer of another, center blind"))
		return f;
	const uint8_t *p = text_b64url_parse(a, dot + 1, (size_t)(end - dot - 1), &n);
	return p != NULL && manifest_parse(p, n, ret, &err) == 0 ? ANSWER_SOUND : f;
}

/* ... and not noted either. */
int __wrap_store_answer(struct store *s, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err);
int __real_store_answer(struct store *s, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err);
int
__wrap_store_answer(struct store *s, const struct manifest *m, const uint8_t hash[32],
    enum answer_flaw *ret_flaw, struct err *err)
{
	int r = __real_store_answer(s, m, hash, ret_flaw, err);
	if (r == 0 && mutant("answer of another, center blind"))
		*ret_flaw = ANSWER_SOUND;
	return r;
}

/* A nonce serves as often as one likes. */
int __wrap_store_nonce_burn(struct store *s, struct arena *a,
    const uint8_t nonce[STORE_NONCE_BYTES], struct session_nonce *ret, struct err *err);
int __real_store_nonce_burn(struct store *s, struct arena *a,
    const uint8_t nonce[STORE_NONCE_BYTES], struct session_nonce *ret, struct err *err);
int
__wrap_store_nonce_burn(struct store *s, struct arena *a, const uint8_t nonce[STORE_NONCE_BYTES],
    struct session_nonce *ret, struct err *err)
{
	enum { KEPT = 4096 };
	static struct {
		uint8_t nonce[STORE_NONCE_BYTES];
		struct session_nonce burnt;
		char kiosk[64];
	} kept[KEPT];
	static unsigned n;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int r = __real_store_nonce_burn(s, a, nonce, ret, err);
	if (r != 0 || !mutant("nonce not consumed"))
		return r;
	(void)pthread_mutex_lock(&lock);
	unsigned k = 0;
	while (k < n && memcmp(kept[k].nonce, nonce, STORE_NONCE_BYTES) != 0)
		k++;
	if (ret->burnt && k == n && n < KEPT) {
		memcpy(kept[n].nonce, nonce, STORE_NONCE_BYTES);
		kept[n].burnt = *ret;
		(void)snprintf(kept[n].kiosk, sizeof(kept[n].kiosk), "%s", ret->kiosk);
		n++;
	} else if (!ret->burnt && k < n) {
		*ret = kept[k].burnt;
		ret->kiosk = arena_strdup(a, kept[k].kiosk);
	}
	(void)pthread_mutex_unlock(&lock);
	return 0;
}

/* A card's status is believed to be what it once was. */
int __wrap_jpki_status(struct jpki *j, struct arena *a, const struct cert *c, struct err *err);
int __real_jpki_status(struct jpki *j, struct arena *a, const struct cert *c, struct err *err);
int
__wrap_jpki_status(struct jpki *j, struct arena *a, const struct cert *c, struct err *err)
{
	if (mutant("revoked card passes"))
		return 0;
	return __real_jpki_status(j, a, c, err);
}

const struct center_kiosk_conf *__wrap_center_conf_kiosk(
    const struct center_conf *c, const char *id);
const struct center_kiosk_conf *__real_center_conf_kiosk(
    const struct center_conf *c, const char *id);
const struct center_kiosk_conf *
__wrap_center_conf_kiosk(const struct center_conf *c, const char *id)
{
	static const struct center_kiosk_conf anybody = { "any", "any", true };
	return mutant("kiosk cut off is served") ? &anybody : __real_center_conf_kiosk(c, id);
}

/* One order id may mean two things. */
int __wrap_order_decide_again(const struct order_logged *l, const struct order_case *c);
int __real_order_decide_again(const struct order_logged *l, const struct order_case *c);
int
__wrap_order_decide_again(const struct order_logged *l, const struct order_case *c)
{
	return mutant("order id of another answered") ? 0 : __real_order_decide_again(l, c);
}

/* Whatever a node says it is, it gets orders. */
enum node_verdict __wrap_node_decide(
    const struct announce *listed, size_t n, const struct announce *said);
enum node_verdict __real_node_decide(
    const struct announce *listed, size_t n, const struct announce *said);
enum node_verdict
__wrap_node_decide(const struct announce *listed, size_t n, const struct announce *said)
{
	return mutant("unlisted node joined") ? NODE_LISTED : __real_node_decide(listed, n, said);
}
