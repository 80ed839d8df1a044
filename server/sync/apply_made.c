/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/apply_made.h"
#include "base/mem.h"

enum { MADE_USUAL_BYTES = 1024 /* of a row */ };

struct apply_made {
	const struct vault *v;
	struct vault_sealer *sealer;
	size_t n;
	struct made_row *rows;
	struct buf plain; /* of one row */
	struct buf sealed;
};

struct apply_made *
apply_made_new(const struct vault *v, size_t n)
{
	struct apply_made *m = mem_zero(sizeof(*m));
	m->v = v;
	m->n = n;
	m->sealer = vault_sealer_new(v);
	m->rows = mem_raw(n * sizeof(*m->rows));
	for (size_t i = 0; i < n; i++)
		m->rows[i].there = false;
	buf_init(&m->plain, RESIDENT_MAX_BYTES);
	buf_init(&m->sealed, n * (RESIDENT_MAX_BYTES + VAULT_MAX_OVERHEAD));
	return m;
}

void
apply_made_free(struct apply_made *m)
{
	if (m == NULL)
		return;
	vault_sealer_free(m->sealer);
	mem_free(m->rows);
	buf_done(&m->plain);
	buf_done(&m->sealed);
	mem_free(m);
}

int
apply_made_put(struct apply_made *m, size_t i, const struct sync_record *rec, struct err *err)
{
	struct made_row *row = &m->rows[i];
	vault_person_ref(m->v, rec->atena_no, &row->ref);
	vault_household(m->v, rec->setai_no, row->household);
	row->n_keys = search_keys_of(m->v, &rec->resident, row->keys);
	m->plain.bytes = 0;
	resident_encode(&rec->resident, &m->plain);
	row->sealed_at = m->sealed.bytes;
	uint8_t *out =
	    buf_ok(&m->plain) ? buf_room(&m->sealed, m->plain.bytes + VAULT_MAX_OVERHEAD) : NULL;
	if (out == NULL)
		return err_raise(err, FAULT_INTERNAL, "row does not fit", RESIDENT_MAX_BYTES);
	row->sealed_bytes = vault_sealer_row(
	    m->sealer, VAULT_RESIDENT, &row->ref, rec->rireki_no, m->plain.p, m->plain.bytes, out);
	m->sealed.bytes += row->sealed_bytes;
	row->there = true;
	return 0;
}

int
apply_made_of(
    const struct vault *v, const struct batch *b, struct apply_made **ret, struct err *err)
{
	int r = 0;
	struct apply_made *m = apply_made_new(v, b->n_rows);
	buf_expect(&m->sealed, b->n_rows * MADE_USUAL_BYTES);
	for (size_t i = 0; r == 0 && i < b->n_rows; i++)
		if (b->rows[i].json == NULL)
			r = apply_made_put(m, i, &b->rows[i].rec, err);
	if (r) {
		apply_made_free(m);
		return err_trace(err, r, "made");
	}
	*ret = m;
	return 0;
}

unsigned
apply_made_generation(const struct apply_made *m)
{
	return vault_sealer_generation(m->sealer);
}

const struct made_row *
apply_made_row(const struct apply_made *m, size_t i)
{
	return i < m->n && m->rows[i].there ? &m->rows[i] : NULL;
}

const uint8_t *
apply_made_sealed(const struct apply_made *m, const struct made_row *row)
{
	return m->sealed.p + row->sealed_at;
}
