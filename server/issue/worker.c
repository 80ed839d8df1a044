/* SPDX-License-Identifier: Apache-2.0 */
#include "server/issue/warm.h"
#include "domain/muni.h"
#include "server/issue/koin_png.h"

static const struct profile *
profile_of(const struct profile *profiles, unsigned n, struct muni_code muni)
{
	for (unsigned i = 0; i < n; i++)
		if (muni_equal(profiles[i].muni, muni))
			return &profiles[i];
	return NULL;
}

/* One document a copy: each bears its own number and code. */
static int
render_copies(struct arena *a, struct render_fonts *f, const struct profile *profile,
    const struct render_request *q, struct render_result *ret, struct err *err)
{
	const struct resident *persons[ORDER_MAX_PERSONS];
	for (unsigned i = 0; i < q->n_persons; i++)
		persons[i] = &q->persons[i];
	for (unsigned i = 0; i < q->n_copies; i++) {
		const struct render_input in = {
			.kind = q->kind,
			.profile = profile,
			.whole_household = q->whole_household,
			.options = q->options,
			.persons = persons,
			.n_persons = q->n_persons,
			.seal = q->has_seal ? &q->seal : NULL,
			.issue_number = q->copies[i].number,
			.front_code = q->copies[i].front_code,
			.issued_on = q->issued_on,
			.sample = q->sample,
		};
		int r = render_doc(a, f, &in, &ret->docs[i], err);
		if (r)
			ret->failed_item = ret->docs[i].failed_item;
		if (r)
			return err_trace(err, r, "render");
	}
	ret->n_copies = q->n_copies;
	return 0;
}

/* The profile as it prints with the imprint of the order; the template's own stays as it is. */
static int
profile_with(struct arena *a, const struct render_request *q, const struct profile *p,
    const struct profile **ret, struct err *err)
{
	struct imprint m;
	if (q->imprint == NULL) {
		*ret = p;
		return 0;
	}
	int r = imprint_decode(a, q->imprint, q->imprint_bytes, &m, err);
	if (r)
		return err_trace(err, r, "imprint");
	struct profile *own = arena_memdup(a, p, sizeof(*p));
	imprint_apply(&m, own);
	*ret = own;
	return 0;
}

int
worker_render(struct arena *a, struct render_fonts *f, const struct profile *profiles,
    unsigned n_profiles, const struct buf *request, struct buf *out, struct err *err)
{
	struct render_request *q = arena_zero(a, sizeof(*q));
	struct render_result *result = arena_zero(a, sizeof(*result));
	if (koin_is_request(request))
		return err_trace(err, koin_answer(a, request, out, err), "koin");
	int r = render_request_decode(a, request->p, request->bytes, q, err);
	if (r)
		return err_trace(err, r, "request");
	const struct profile *profile = profile_of(profiles, n_profiles, q->muni);
	if (profile == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "municipality without a profile", 0);
	r = profile_with(a, q, profile, &profile, err);
	if (r)
		return err_trace(err, r, "profile");
	r = render_copies(a, f, profile, q, result, err);
	if (r < 0)
		return err_trace(err, r, "copies");
	result->outcome = r;
	render_result_encode(result, out);
	if (!buf_ok(out))
		return err_raise(err, FAULT_INTERNAL, "answer over its limit", 0);
	return 0;
}
