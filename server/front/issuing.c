/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/issuing.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "pki/hash.h"
#include <string.h>

int
issuing_left_ms(const struct issuing *i)
{
	int64_t left_ms = i->until_ms - clock_mono_ms();
	return left_ms > 0 ? (int)left_ms : 0;
}

/* Card, person, household, rows, blocks and position of one snapshot (I4). */
static int
snapshot_read(struct issuing *i, struct db *db, struct err *err)
{
	const struct store_ask q = { .at_ms = i->issued_ms, .seal = i->order.kind == DOC_INKAN };
	int r = session_view(i->s, i->m, db, i->a, &q, i->view, err);
	if (r)
		db_rollback(db);
	return err_trace(err, r, "snapshot");
}

static int
snapshot(struct issuing *i, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(i->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	i->view = arena_zero(i->a, sizeof(*i->view));
	r = snapshot_read(i, db, err);
	if (r == DB_E_RETRY)
		r = snapshot_read(i, db, err);
	db_pool_give(i->m->db, db);
	return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "snapshot", r)
			       : err_trace(err, r, "snapshot");
}

/* What the municipality prints of itself: read with the snapshot, the same to the end. */
static int
imprint_take(struct issuing *i, struct err *err)
{
	i->profile = i->m->profile;
	int r = imprints_take(&i->m->imprints, &i->m->vault, i->m->db, i->a, i->view->imprint,
	    i->view->imprint_tag, &i->imprint, err);
	if (r || i->imprint.content == NULL)
		return err_trace(err, r, "imprint");
	struct profile *own = arena_memdup(i->a, i->m->profile, sizeof(*own));
	imprint_apply(&i->imprint.imprint, own);
	i->profile = own;
	return 0;
}

/* Whose versions the papers depend on: those printed, and the applicant. */
static void
printed_note(struct issuing *i)
{
	const struct issue_view *v = &i->view->v;
	bool self = false;
	i->n_printed = 0;
	for (unsigned k = 0; k < i->choice.n_persons; k++) {
		unsigned at = i->choice.person[k];
		self = self || at == i->choice.self;
		i->printed[i->n_printed++] = (struct issue_printed){ .ref = v->persons[at].ref,
			.version = v->persons[at].version };
	}
	if (!self)
		i->printed[i->n_printed++] = (struct issue_printed){
			.ref = v->persons[i->choice.self].ref,
			.version = v->persons[i->choice.self].version,
		};
}

static int
resident_open(struct issuing *i, unsigned index, struct resident *ret, struct err *err)
{
	const struct issue_person *p = &i->view->v.persons[index];
	const struct store_row *row = &i->view->rows[index];
	uint8_t *plain = NULL;
	size_t n = 0;
	int r = vault_row_open(&i->m->vault, i->a, VAULT_RESIDENT, &p->ref,
	    (uint32_t)p->row_rireki_no, row->sealed, row->bytes, &plain, &n, err);
	if (r == 0)
		r = resident_decode(i->a, plain, n, ret, err);
	return err_fold(err, r, "row");
}

static int
seal_open(struct issuing *i, struct seal_row *ret, struct err *err)
{
	uint8_t *plain = NULL;
	size_t n = 0;
	int r = vault_row_open(&i->m->vault, i->a, VAULT_SEAL, &i->view->v.self,
	    (uint32_t)i->view->v.seal_rireki_no, i->view->seal.sealed, i->view->seal.bytes, &plain,
	    &n, err);
	if (r == 0)
		r = seal_row_decode(i->a, plain, n, ret, err);
	return err_fold(err, r, "seal");
}

static int
copies_number(struct issuing *i, struct err *err)
{
	struct db *db = NULL;
	int r = db_pool_take(i->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	for (unsigned k = 0; k < i->order.copies && r == 0; k++) {
		struct seal_copy *c = &i->copies[k];
		uint8_t code[10];
		int64_t running = 0;
		r = numbers_take(&i->m->numbers, db, &running, err);
		numbers_format(c->number, i->m->code, i->issued_ms, i->s->t.kiosk, running);
		rand_bytes(c->serial, sizeof(c->serial));
		rand_bytes(code, sizeof(code));
		numbers_front_code(code, c->front_code);
	}
	db_pool_give(i->m->db, db);
	return err_trace(err, r, "copies");
}

static int
request_make(struct issuing *i, struct buf *out, struct err *err)
{
	struct render_request *q = arena_zero(i->a, sizeof(*q));
	int r = 0;
	q->muni = i->m->code;
	q->kind = i->order.kind;
	q->whole_household = i->choice.whole_household;
	q->options = i->order.options;
	q->issued_on = clock_japan(i->issued_ms).on;
	q->n_persons = i->choice.n_persons;
	for (unsigned k = 0; k < q->n_persons && r == 0; k++)
		r = resident_open(i, i->choice.person[k], &q->persons[k], err);
	q->has_seal = i->choice.with_seal;
	if (q->has_seal && r == 0)
		r = seal_open(i, &q->seal, err);
	q->imprint = i->imprint.content;
	q->imprint_bytes = i->imprint.content_bytes;
	q->n_copies = i->order.copies;
	for (unsigned k = 0; k < q->n_copies; k++) {
		q->copies[k].number = i->copies[k].number;
		memcpy(q->copies[k].front_code, i->copies[k].front_code,
		    sizeof(q->copies[k].front_code));
	}
	if (r)
		return err_trace(err, r, "request");
	render_request_encode(q, out);
	return buf_ok(out) ? 0 : err_raise(err, FAULT_INTERNAL, "request over its limit", 0);
}

/* 0, or the renderer's refusal; the rest of the answer is for kofu-seal to read. */
static int
outcome_peek(const struct buf *rendered, struct err *err)
{
	struct rd r = rd_init(rendered->p, rendered->bytes);
	(void)rd_u32(&r);
	unsigned outcome = rd_u16(&r);
	if (!rd_ok(&r))
		return err_raise(err, FAULT_INTERNAL, "renderer's answer", (long)rendered->bytes);
	return outcome == 0 ? 0 : FRONT_E_UNPRINTABLE;
}

static int
render(struct issuing *i, struct buf *out, struct err *err)
{
	struct buf request;
	buf_init(&request, RENDER_WIRE_MAX_REQUEST);
	int r = request_make(i, &request, err);
	if (r == 0)
		r = warm_render(i->f->warm, &request, issuing_left_ms(i), out, err);
	buf_done(&request);
	if (r)
		return err_trace(err, r, "render");
	return outcome_peek(out, err);
}

static void
row_box(struct issuing *i, unsigned index, bool printed, struct seal_row_box *ret)
{
	const struct issue_person *p = &i->view->v.persons[index];
	*ret = (struct seal_row_box){ .kind = VAULT_RESIDENT,
		.printed = printed,
		.ref = p->ref,
		.rireki_no = (uint32_t)p->row_rireki_no,
		.sealed = i->view->rows[index].sealed,
		.sealed_bytes = i->view->rows[index].bytes };
}

/* The sealed rows as read: kofu-seal opens them itself. */
static unsigned
rows_collect(struct issuing *i, struct seal_row_box *rows)
{
	unsigned n = 0;
	bool self = false;
	for (unsigned k = 0; k < i->choice.n_persons; k++) {
		self = self || i->choice.person[k] == i->choice.self;
		row_box(i, i->choice.person[k], true, &rows[n++]);
	}
	if (!self)
		row_box(i, i->choice.self, false, &rows[n++]);
	if (i->choice.with_seal)
		rows[n++] = (struct seal_row_box){ .kind = VAULT_SEAL,
			.printed = true,
			.ref = i->view->v.self,
			.rireki_no = (uint32_t)i->view->v.seal_rireki_no,
			.sealed = i->view->seal.sealed,
			.sealed_bytes = i->view->seal.bytes };
	return n;
}

static int
seal(struct issuing *i, const struct buf *rendered, struct seal_answer *ret, struct err *err)
{
	struct seal_row_box rows[ORDER_MAX_PERSONS + 2];
	struct seal_ask q = {
		.muni = i->m->code,
		.transcript = i->s->transcript,
		.transcript_bytes = i->s->transcript_bytes,
		.certificate = i->s->certificate,
		.certificate_bytes = i->s->certificate_bytes,
		.signature = i->s->signature,
		.signature_bytes = i->s->signature_bytes,
		.order = i->order_jws,
		.order_bytes = i->order_jws_bytes,
		.self = i->view->v.self,
		.card = i->view->card,
		.whole_household = i->choice.whole_household,
		.rows = rows,
		.n_rows = rows_collect(i, rows),
		.copies = i->copies,
		.n_copies = i->order.copies,
		.register_ms = i->view->register_ms,
		.issued_ms = i->issued_ms,
		.schema = i->m->schema,
		.rendered = rendered->p,
		.rendered_bytes = rendered->bytes,
		.imprint = i->imprint.row,
	};
	ring_tell(&i->m->ring, &q);
	int r = seal_papers(i->f->conf->seal_socket, i->a, &q, issuing_left_ms(i), ret, err);
	if (r == SEAL_E_TOO_LARGE)
		return FRONT_E_UNPRINTABLE;
	if (r == SEAL_E_GENERATION)
		return FRONT_E_SESSION_EXPIRED; /* a new session learns the new keys */
	if (r == SEAL_E_CLOCK)
		return err_raise(err, FAULT_UNAVAILABLE, "kofu-seal's clock is behind", r);
	if (r > 0)
		LOG(LOG_LVL_ERR, "order.seal-refused", LOG_F("muni", i->m->code),
		    LOG_F("outcome", r));
	return err_fold(err, r, "seal");
}

/* Locks, looks again, writes. Lets nothing through that changed since the snapshot. */
static int
commit_try(struct issuing *i, struct db *db, struct store_issue *record, struct err *err)
{
	struct store_view *now = arena_zero(i->a, sizeof(*now));
	struct db_queue queue = { 0 };
	int r =
	    store_view_locked(db, i->a, true, i->printed, i->n_printed, &i->view->v.self, now, err);
	if (r == 0)
		r = issue_kiosk(&now->v, i->s->t.kiosk);
	if (r == 0)
		r = issue_still(&now->v, i->order.kind, i->choice.whole_household, i->printed,
		    i->n_printed, clock_now_ms());
	if (r == 0)
		r = store_again_use(db, record, err);
	if (r == 0 && issuing_left_ms(i) == 0)
		r = err_raise(err, FAULT_TIMEOUT, "before the commit", 0);
	if (r == 0) {
		vault_card(
		    &i->m->vault, i->s->issuer, i->s->serial, i->s->serial_bytes, &record->card);
		store_issue_insert(&queue, i->a, record);
		r = store_end(
		    db, &queue, i->a, i->m, record, "issue.order", record->issued_ms, err);
	}
	if (r)
		db_rollback(db);
	return err_trace(err, r, "commit");
}

static unsigned
pages_of(const struct issuing *i)
{
	unsigned slots = profile_slots(i->profile, i->order.kind);
	return (i->choice.n_persons + slots - 1) / slots;
}

int
issuing_commit(struct issuing *i, const struct seal_answer *answer, struct err *err)
{
	struct db *db = NULL;
	struct store_issue record = {
		.id = i->order.id,
		.ref = i->view->v.self,
		.kind = i->order.kind,
		.kiosk = i->s->t.kiosk,
		.fee_yen = i->order.fee_yen,
		.again = i->view->v.again[i->order.kind],
		.whole_household = i->choice.whole_household,
		.imprint = i->imprint.row.number,
		.manifest = answer->manifest,
		.papers = answer->papers,
		.papers_bytes = answer->papers_bytes,
		.issued_ms = i->issued_ms,
		.printed = i->printed,
		.n_printed = i->n_printed,
		.copies = i->copies,
		.n_copies = i->order.copies,
		.n_pages = pages_of(i),
	};
	memcpy(record.th, i->s->th, sizeof(record.th));
	memcpy(record.oh, i->oh, sizeof(record.oh));
	sha256(answer->manifest, answer->manifest_bytes, record.manifest_hash);
	int r = db_pool_take(i->m->db, FRONT_DB_WAIT_MS, &db, err);
	if (r)
		return err_trace(err, r, "database");
	r = commit_try(i, db, &record, err);
	for (unsigned k = 1; r == DB_E_RETRY && k < FRONT_COMMIT_TRIES; k++) {
		r = front_keys_look(i->m, db, err);
		if (r == 0)
			r = commit_try(i, db, &record, err);
	}
	db_pool_give(i->m->db, db);
	return r == DB_E_RETRY ? err_raise(err, FAULT_UNAVAILABLE, "commit", r)
			       : err_trace(err, r, "commit");
}

int
issuing_prepare(struct issuing *i, struct err *err)
{
	i->issued_ms = clock_now_ms();
	int r = snapshot(i, err);
	if (r == 0)
		r = issue_kiosk(&i->view->v, i->s->t.kiosk);
	if (r == 0)
		r = issue_decide(&i->view->v, &i->order, i->m->profile, i->issued_ms, &i->choice);
	if (r == 0)
		r = imprint_take(i, err);
	if (r == 0)
		r = copies_number(i, err);
	if (r == 0)
		printed_note(i);
	return err_trace(err, r, "prepare");
}

static int
once(struct issuing *i, struct issuing_answer *ret, struct err *err)
{
	struct buf rendered;
	struct seal_answer answer = { 0 };
	int r = issuing_prepare(i, err);
	if (r)
		return err_trace(err, r, "prepare");
	buf_init(&rendered, RENDER_WIRE_MAX_BYTES);
	r = render(i, &rendered, err);
	if (r == 0)
		r = seal(i, &rendered, &answer, err);
	buf_done(&rendered);
	if (r == 0)
		r = issuing_commit(i, &answer, err);
	if (r)
		return err_trace(err, r, "order");
	*ret = (struct issuing_answer){ .manifest = answer.manifest,
		.papers = answer.papers,
		.papers_bytes = answer.papers_bytes };
	return 0;
}

int
issuing_run(struct issuing *i, struct issuing_answer *ret, struct err *err)
{
	int r = once(i, ret, err);
	if (r == ISSUE_E_CHANGED)
		r = once(i, ret, err); /* from a new snapshot: the change may well be harmless */
	return err_trace(err, r, "issuing");
}
