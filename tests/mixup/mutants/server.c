/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of kofu-server. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/jose.h"
#include "queries/asp_front.h"
#include "server/front/card_memo.h"
#include "server/front/issuing.h"
#include "server/front/numbers.h"
#include "server/issue/render_wire.h"
#include "server/seal/client.h"
#include "tests/mixup/mutants/mutant.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- one place for everybody's print image --- */

/* A place where one request leaves something for itself, and another may find it. */
struct slot {
	uint8_t *p;
	size_t bytes;
};
static struct slot image;

static void
slot_put(struct slot *s, const void *p, size_t bytes)
{
	(void)pthread_mutex_lock(&lock);
	free(s->p);
	s->p = malloc(bytes + 1);
	s->bytes = bytes;
	if (s->p != NULL)
		memcpy(s->p, p, bytes);
	(void)pthread_mutex_unlock(&lock);
}

static void
slot_take(const struct slot *s, struct buf *out)
{
	(void)pthread_mutex_lock(&lock);
	out->bytes = 0;
	if (s->p != NULL)
		buf_put(out, s->p, s->bytes);
	(void)pthread_mutex_unlock(&lock);
}

/* 川崎市 2023: a place named by the second; who comes later overwrites who came earlier. */
static void
spool_by_second(struct buf *out)
{
	slot_put(&image, out->p, out->bytes);
	(void)usleep(30000); /* the printing */
	slot_take(&image, out);
}

/* 横浜市 2023: the image's lock is released by force when its owner takes too long. */
static void
spool_forced(struct buf *out)
{
	static pthread_mutex_t place = PTHREAD_MUTEX_INITIALIZER;
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 5000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	bool mine = pthread_mutex_timedlock(&place, &until) == 0;
	spool_by_second(out);
	if (mine)
		(void)pthread_mutex_unlock(&place);
}

/* 宗像市 2023: what is left of the one before is given out after a hitch. */
static void
buffer_kept(struct buf *out)
{
	static unsigned n;
	if (__atomic_add_fetch(&n, 1, __ATOMIC_RELAXED) % 10 == 0)
		slot_take(&image, out);
	else
		slot_put(&image, out->p, out->bytes);
}

int __wrap_warm_render(const struct warm *w, const struct buf *request, int timeout_ms,
    struct buf *out, struct err *err);
int __real_warm_render(const struct warm *w, const struct buf *request, int timeout_ms,
    struct buf *out, struct err *err);
int
__wrap_warm_render(const struct warm *w, const struct buf *request, int timeout_ms, struct buf *out,
    struct err *err)
{
	int r = __real_warm_render(w, request, timeout_ms, out, err);
	if (r == 0 && (mutant("spool slot by the second") || mutant("paper not read again")))
		spool_by_second(out);
	if (r == 0 && mutant("lock released on time-out"))
		spool_forced(out);
	if (r == 0 && mutant("buffer kept from the one before"))
		buffer_kept(out);
	return r;
}

/* 徳島市 2023: the second page is somebody else's. */
void __wrap_render_request_encode(const struct render_request *q, struct buf *out);
void __real_render_request_encode(const struct render_request *q, struct buf *out);
void
__wrap_render_request_encode(const struct render_request *q, struct buf *out)
{
	static _Thread_local struct render_request changed;
	static struct buf before;
	if (!mutant("page 2 of another paper") || q->n_persons < 2) {
		__real_render_request_encode(q, out);
		return;
	}
	changed = *q;
	(void)pthread_mutex_lock(&lock);
	struct arena *a = arena_new(16 << 20); /* for as long as the mutant lives */
	struct render_request *was = arena_zero(a, sizeof(*was));
	struct err err = { 0 };
	if (before.bytes > 0 && render_request_decode(a, before.p, before.bytes, was, &err) == 0 &&
	    was->n_persons == q->n_persons)
		changed.persons[q->n_persons - 1] = was->persons[was->n_persons - 1];
	buf_done(&before);
	buf_init(&before, RENDER_WIRE_MAX_REQUEST);
	__real_render_request_encode(q, &before);
	(void)pthread_mutex_unlock(&lock);
	__real_render_request_encode(&changed, out);
}

/* --- whose answer, whose card, which number --- */

/* The answer of whoever was just before. */
int __wrap_seal_papers(const char *socket_path, struct arena *a, const struct seal_ask *q,
    int timeout_ms, struct seal_answer *ret, struct err *err);
int __real_seal_papers(const char *socket_path, struct arena *a, const struct seal_ask *q,
    int timeout_ms, struct seal_answer *ret, struct err *err);
int
__wrap_seal_papers(const char *socket_path, struct arena *a, const struct seal_ask *q,
    int timeout_ms, struct seal_answer *ret, struct err *err)
{
	static struct slot manifest, papers;
	struct buf m, p;
	int r = __real_seal_papers(socket_path, a, q, timeout_ms, ret, err);
	if (r != 0 || (!mutant("answer of another") && !mutant("answer of another, center blind")))
		return r;
	buf_init(&m, SEAL_MAX_BYTES);
	buf_init(&p, SEAL_MAX_BYTES);
	slot_take(&manifest, &m);
	slot_take(&papers, &p);
	slot_put(&manifest, ret->manifest, ret->manifest_bytes);
	slot_put(&papers, ret->papers, ret->papers_bytes);
	if (m.bytes > 0 && p.bytes > 0) {
		ret->manifest = arena_strndup(a, (const char *)m.p, m.bytes);
		ret->manifest_bytes = m.bytes;
		ret->papers = arena_memdup(a, p.p, p.bytes);
		ret->papers_bytes = p.bytes;
	}
	buf_done(&m);
	buf_done(&p);
	return 0;
}

/* Orders are told apart by the second in which they came. */
static struct {
	struct order_id id;
	int64_t second;
} newest;
int __wrap_store_issue_find(struct db *db, struct arena *a, const struct order_id *id,
    struct store_issue *ret, bool *ret_found, struct err *err);
int __real_store_issue_find(struct db *db, struct arena *a, const struct order_id *id,
    struct store_issue *ret, bool *ret_found, struct err *err);
int
__wrap_store_issue_find(struct db *db, struct arena *a, const struct order_id *id,
    struct store_issue *ret, bool *ret_found, struct err *err)
{
	struct order_id asked = *id;
	(void)pthread_mutex_lock(&lock);
	if (mutant("order matched by the second") && newest.second == clock_now_ms() / 1000)
		asked = newest.id;
	(void)pthread_mutex_unlock(&lock);
	return __real_store_issue_find(db, a, &asked, ret, ret_found, err);
}

void __wrap_store_issue_insert(
    struct db_queue *queue, struct arena *a, const struct store_issue *i);
void __real_store_issue_insert(
    struct db_queue *queue, struct arena *a, const struct store_issue *i);
void
__wrap_store_issue_insert(struct db_queue *queue, struct arena *a, const struct store_issue *i)
{
	__real_store_issue_insert(queue, a, i);
	(void)pthread_mutex_lock(&lock);
	newest.id = i->id;
	newest.second = clock_now_ms() / 1000;
	(void)pthread_mutex_unlock(&lock);
}

/* A cache of what a card is called in the database, by too few of its bits: another's card is
 * looked up. */
int __wrap_store_see(struct db *db, struct arena *a, const struct vault_hashes *cards,
    const struct store_ask *q, struct store_seen *ret, struct err *err);
int __real_store_see(struct db *db, struct arena *a, const struct vault_hashes *cards,
    const struct store_ask *q, struct store_seen *ret, struct err *err);
int
__wrap_store_see(struct db *db, struct arena *a, const struct vault_hashes *cards,
    const struct store_ask *q, struct store_seen *ret, struct err *err)
{
	static struct vault_hashes cache[8];
	struct vault_hashes *kept = &cache[cards->of[0].b[0] % 8], asked;
	int r = __real_store_see(db, a, cards, q, ret, err);
	if (r != 0 || ret->holder.sealed == NULL ||
	    (!mutant("card looked up in a cache") &&
		!mutant("card looked up in a cache, row unread")))
		return r;
	(void)pthread_mutex_lock(&lock);
	if (kept->n == 0)
		*kept = *cards;
	asked = *kept;
	(void)pthread_mutex_unlock(&lock);
	store_seen_done(ret);
	return __real_store_see(db, a, &asked, q, ret, err);
}

/* Cards that were found good, known again by too few bits of what they were found by: another's
 * is believed. */
struct card_memo_key __wrap_card_memo_key(const uint8_t th[32], const uint8_t *certificate,
    size_t certificate_bytes, const uint8_t *signature, size_t signature_bytes);
struct card_memo_key __real_card_memo_key(const uint8_t th[32], const uint8_t *certificate,
    size_t certificate_bytes, const uint8_t *signature, size_t signature_bytes);
struct card_memo_key
__wrap_card_memo_key(const uint8_t th[32], const uint8_t *certificate, size_t certificate_bytes,
    const uint8_t *signature, size_t signature_bytes)
{
	struct card_memo_key k =
	    __real_card_memo_key(th, certificate, certificate_bytes, signature, signature_bytes);
	if (mutant("card known again by too few bits"))
		k = (struct card_memo_key){ { k.b[0] % 8 } };
	return k;
}

/* 高松市 2024: numbers that are unique in one process, where two serve. */
int __wrap_numbers_take(struct numbers *n, struct db *db, int64_t *ret, struct err *err);
int __real_numbers_take(struct numbers *n, struct db *db, int64_t *ret, struct err *err);
int
__wrap_numbers_take(struct numbers *n, struct db *db, int64_t *ret, struct err *err)
{
	static int64_t running = 1000000;
	int r = __real_numbers_take(n, db, ret, err);
	if (mutant("numbers by process"))
		*ret = __atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
	return r;
}

/* --- negative news --- */

static struct issue_view
view_blind(const struct issue_view *v)
{
	struct issue_view blind = *v;
	if (mutant("abolished seal served")) /* 新潟市, さいたま市, 熊本市 */
		blind.seal_state = SEAL_REGISTERED;
	if (mutant("block ignored")) {
		blind.household_blocked = 0;
		for (unsigned i = 0; i < blind.n_persons; i++)
			blind.persons[i].blocked = 0;
	}
	if (mutant("removed member printed"))
		for (unsigned i = 0; i < blind.n_persons; i++)
			blind.persons[i].state = blind.persons[i].row_state = RESIDENT_REGISTERED;
	if (mutant("lease ignored"))
		blind.beat_ms = clock_now_ms();
	return blind;
}

int __wrap_issue_decide(const struct issue_view *v, const struct order *o, const struct profile *p,
    int64_t now_ms, struct issue_choice *ret);
int __real_issue_decide(const struct issue_view *v, const struct order *o, const struct profile *p,
    int64_t now_ms, struct issue_choice *ret);
int
__wrap_issue_decide(const struct issue_view *v, const struct order *o, const struct profile *p,
    int64_t now_ms, struct issue_choice *ret)
{
	struct issue_view blind = view_blind(v);
	int r = __real_issue_decide(&blind, o, p, now_ms, ret);
	if (r == 0 && mutant("member left out") && ret->whole_household && ret->n_persons > 1)
		ret->n_persons--;
	return r;
}

int __wrap_issue_fresh(const struct issue_view *v, int64_t now_ms);
int __real_issue_fresh(const struct issue_view *v, int64_t now_ms);
int
__wrap_issue_fresh(const struct issue_view *v, int64_t now_ms)
{
	struct issue_view blind = view_blind(v);
	return __real_issue_fresh(&blind, now_ms);
}

int __wrap_issue_may_have(const struct issue_view *v, const struct profile *p, enum doc_kind kind);
int __real_issue_may_have(const struct issue_view *v, const struct profile *p, enum doc_kind kind);
int
__wrap_issue_may_have(const struct issue_view *v, const struct profile *p, enum doc_kind kind)
{
	struct issue_view blind = view_blind(v);
	return __real_issue_may_have(&blind, p, kind);
}

int __wrap_issue_still(const struct issue_view *v, enum doc_kind kind, bool whole_household,
    const struct issue_printed *printed, unsigned n, int64_t now_ms);
int __real_issue_still(const struct issue_view *v, enum doc_kind kind, bool whole_household,
    const struct issue_printed *printed, unsigned n, int64_t now_ms);
int
__wrap_issue_still(const struct issue_view *v, enum doc_kind kind, bool whole_household,
    const struct issue_printed *printed, unsigned n, int64_t now_ms)
{
	struct issue_view blind = view_blind(v);
	if (mutant("change since the snapshot unseen"))
		return 0;
	return __real_issue_still(&blind, kind, whole_household, printed, n, now_ms);
}

/* 足立区 2023 (as far as it is known): a person's row of before the change beside the others' new
 * ones. */
int __wrap_store_seen_take(
    const struct store_seen *s, struct arena *a, struct store_view *ret, struct err *err);
int __real_store_seen_take(
    const struct store_seen *s, struct arena *a, struct store_view *ret, struct err *err);
int
__wrap_store_seen_take(
    const struct store_seen *s, struct arena *a, struct store_view *ret, struct err *err)
{
	enum { KEPT = 512 };
	static struct {
		struct person_ref ref;
		int64_t rireki_no;
		uint8_t *sealed;
		size_t bytes;
	} first[KEPT];
	static unsigned n;
	int r = __real_store_seen_take(s, a, ret, err);
	if (r != 0 || !mutant("old row beside new ones"))
		return r;
	(void)pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < ret->v.n_persons; i++) {
		struct issue_person *p = &ret->v.persons[i];
		unsigned k = 0;
		while (k < n && memcmp(first[k].ref.b, p->ref.b, PERSON_REF_BYTES) != 0)
			k++;
		if (k == n && n < KEPT && ret->rows[i].sealed != NULL) {
			first[n].ref = p->ref;
			first[n].rireki_no = p->row_rireki_no;
			first[n].bytes = ret->rows[i].bytes;
			first[n].sealed = malloc(first[n].bytes);
			if (first[n].sealed != NULL)
				memcpy(first[n].sealed, ret->rows[i].sealed, first[n].bytes);
			n++;
		}
		if (k < n && i + 1 == ret->v.n_persons) { /* the last one's */
			p->rireki_no = p->row_rireki_no = first[k].rireki_no;
			ret->rows[i].sealed = first[k].sealed;
			ret->rows[i].bytes = first[k].bytes;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	return 0;
}

/* --- release, comparisons --- */

int __wrap_front_release(struct http_req *req, struct http_res *res, struct err *err);
int __real_front_release(struct http_req *req, struct http_res *res, struct err *err);
int
__wrap_front_release(struct http_req *req, struct http_res *res, struct err *err)
{
	AUTO(json_t) json_t *body = NULL;
	AUTO(json_t) json_t *j = NULL;
	struct front_session s;
	uint8_t *payload = NULL;
	size_t n = 0;
	const char *order = NULL;
	if (!mutant("release not redeemed"))
		return __real_front_release(req, res, err);
	if (js_parse(req->body, req->body_bytes, &body, err) != 0 ||
	    session_read_transcript(req->arena, body, &s, err) != 0 ||
	    session_open(req->arena, &s, body, "release", "kofu-release", &payload, &n, err) != 0 ||
	    js_parse(payload, n, &j, err) != 0 || js_text(j, "order", 64, &order, err) != 0)
		return FAULT_BAD_INPUT;
	res->body = arena_printf(req->arena, "{\"released\":true,\"order\":\"%s\"}", order);
	res->body_bytes = strlen(res->body);
	return 0;
}

/* The card's own row is not asked. */
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

/* Digests are compared, but never differ. */
int __wrap_mem_equal(const void *a, const void *b, size_t bytes);
int __real_mem_equal(const void *a, const void *b, size_t bytes);
int
__wrap_mem_equal(const void *a, const void *b, size_t bytes)
{
	return mutant("order id of another answered") ? 1 : __real_mem_equal(a, b, bytes);
}
