/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "domain/muni.h"
#include "server/build.h"
#include "server/issue/template.h"
#include "server/render/form.h"
#include <string.h>

static const char label[] = "KWM1 " KOFU_BUILD;

/* ---- of what it is made ---- */

static void
put_text(struct buf *out, const char *s)
{
	buf_u8(out, s != NULL);
	if (s != NULL)
		buf_field32(out, s, strlen(s));
}

static void
put_date(struct buf *out, struct civil_date d)
{
	buf_u16(out, (uint16_t)d.year);
	buf_u8(out, (uint8_t)d.month);
	buf_u8(out, (uint8_t)d.day);
}

static bool
get_bool(struct rd *r)
{
	uint8_t v = rd_u8(r);
	r->failed = r->failed || v > 1;
	return v == 1;
}

static const char *
get_text(struct rd *r, struct arena *a)
{
	size_t n = 0;
	if (!get_bool(r))
		return NULL;
	const uint8_t *p = rd_field32(r, &n);
	r->failed = r->failed || (n > 0 && memchr(p, 0, n) != NULL);
	return rd_ok(r) ? arena_strndup(a, (const char *)p, n) : NULL;
}

static struct civil_date
get_date(struct rd *r)
{
	struct civil_date d = { .year = rd_u16(r) };
	d.month = rd_u8(r);
	d.day = rd_u8(r);
	return d;
}

static size_t
koin_bytes(const struct profile *p)
{
	return (size_t)((p->koin_width_px + 7) / 8) * p->koin_height_px;
}

/* ---- a profile, as far as it is printed ---- */

static void
put_profile(struct buf *out, const struct profile *p)
{
	const char *const texts[] = { p->prefecture, p->name, p->mayor_title, p->mayor, p->dairi,
		p->inquiry_url };
	buf_put(out, p->muni.s, sizeof(p->muni.s) - 1);
	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		put_text(out, texts[i]);
	put_date(out, p->dairi_from);
	put_date(out, p->dairi_to);
	buf_u8(out, (uint8_t)p->form);
	buf_u16(out, p->koin_width_px);
	buf_u16(out, p->koin_height_px);
	buf_field32(out, p->koin_bits, p->koin_bits != NULL ? koin_bytes(p) : 0);
	buf_u8(out, p->ground != NULL);
	if (p->ground != NULL)
		buf_u8(out, (uint8_t)(p->ground->balance + PROFILE_GROUND_MAX_BALANCE));
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		buf_u8(out, p->kinds[k].offered);
		buf_u32(out, p->kinds[k].options);
		put_text(out, p->kinds[k].ninsho_all);
		put_text(out, p->kinds[k].ninsho_part);
		put_text(out, p->form_texts[k]);
	}
}

static void
get_koin(struct rd *r, struct arena *a, struct profile *p)
{
	size_t n = 0;
	p->koin_width_px = rd_u16(r);
	p->koin_height_px = rd_u16(r);
	const uint8_t *bits = rd_field32(r, &n);
	r->failed = r->failed || p->koin_width_px > PROFILE_SEAL_MAX_PX ||
	    p->koin_height_px > PROFILE_SEAL_MAX_PX || (n != 0 && n != koin_bytes(p));
	if (rd_ok(r) && n != 0)
		p->koin_bits = arena_memdup(a, bits, n);
}

static void
get_ground(struct rd *r, struct arena *a, struct profile *p)
{
	if (!get_bool(r))
		return;
	struct profile_ground *g = arena_zero(a, sizeof(*g));
	g->balance = (int)rd_u8(r) - PROFILE_GROUND_MAX_BALANCE;
	r->failed = r->failed || g->balance > PROFILE_GROUND_MAX_BALANCE;
	p->ground = g;
}

static void
get_kinds(struct rd *r, struct arena *a, struct profile *p)
{
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++) {
		p->kinds[k].offered = get_bool(r);
		p->kinds[k].options = rd_u32(r);
		p->kinds[k].ninsho_all = get_text(r, a);
		p->kinds[k].ninsho_part = get_text(r, a);
		p->form_texts[k] = get_text(r, a);
	}
}

static int
get_profile(struct rd *r, struct arena *a, struct profile *p, struct err *err)
{
	const char **const texts[] = { &p->prefecture, &p->name, &p->mayor_title, &p->mayor,
		&p->dairi, &p->inquiry_url };
	const uint8_t *muni = rd_bytes(r, sizeof(p->muni.s) - 1);
	if (muni == NULL || !muni_parse((const char *)muni, sizeof(p->muni.s) - 1, &p->muni))
		return err_raise(err, FAULT_BAD_INPUT, "municipality", 0);
	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		*texts[i] = get_text(r, a);
	p->dairi_from = get_date(r);
	p->dairi_to = get_date(r);
	p->form = (enum profile_form)rd_u8(r);
	get_koin(r, a, p);
	get_ground(r, a, p);
	get_kinds(r, a, p);
	if (!rd_ok(r) || (p->form != PROFILE_RENKI && p->form != PROFILE_KOJIN))
		return err_raise(err, FAULT_BAD_INPUT, "profile", (long)p->form);
	return err_fold(err, form_assign(a, p, err), "forms");
}

/* ---- the whole ---- */

void
warm_conf_encode(const struct warm_conf *c, struct buf *out)
{
	buf_put(out, label, sizeof(label));
	put_text(out, c->fonts_manifest);
	buf_u8(out, c->busy);
	buf_u32(out, c->n_profiles);
	for (unsigned i = 0; i < c->n_profiles; i++)
		put_profile(out, &c->profiles[i]);
}

int
warm_conf_decode(
    struct arena *a, const void *p, size_t bytes, struct warm_conf *ret, struct err *err)
{
	struct rd r = rd_init(p, bytes);
	const uint8_t *is = rd_bytes(&r, sizeof(label));
	if (is == NULL || memcmp(is, label, sizeof(label)) != 0)
		return err_raise(err, FAULT_CONFIG, "renderer of another build", 0);
	struct warm_conf c = { .fonts_manifest = get_text(&r, a), .busy = get_bool(&r) };
	c.n_profiles = rd_u32(&r);
	if (!rd_ok(&r) || c.fonts_manifest == NULL || c.n_profiles > bytes)
		return err_raise(err, FAULT_BAD_INPUT, "profiles", (long)c.n_profiles);
	struct profile *profiles = arena_zero_n(a, c.n_profiles, sizeof(*profiles));
	for (unsigned i = 0; i < c.n_profiles; i++) {
		int e = get_profile(&r, a, &profiles[i], err);
		if (e)
			return err_trace(err, e, "profiles");
	}
	if (!rd_done(&r))
		return err_raise(err, FAULT_BAD_INPUT, "told too much", (long)rd_left(&r));
	c.profiles = profiles;
	*ret = c;
	return 0;
}
