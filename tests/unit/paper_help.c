/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "paper_help.h"
#include "server/render/form.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct muni_code muni = { PAPER_MUNI };

static uint8_t *
ring(struct arena *a, unsigned side)
{
	size_t row = (side + 7) / 8;
	uint8_t *p = arena_zero(a, row * side);
	for (unsigned y = 0; y < side; y++)
		for (unsigned x = 0; x < side; x++) {
			long dx = 2L * x - side, dy = 2L * y - side, d = dx * dx + dy * dy;
			if (d < (long)side * side && d > (long)side * side * 8 / 10)
				p[y * row + x / 8] |= (uint8_t)(0x80 >> (x % 8));
		}
	return p;
}

void
paper_profile(struct arena *a, enum profile_form form, struct profile *ret)
{
	*ret = (struct profile){ .muni = muni,
		.prefecture = "見本県",
		.name = "架空市",
		.mayor_title = "市長",
		.mayor = "見本　市長",
		.form = form,
		.window_phone = "000-000-0000",
		.inquiry_url = "https://inquiry.example/",
		.koin_width_px = 500,
		.koin_height_px = 500,
		.koin_bits = ring(a, 500) };
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		ret->kinds[k] = (struct profile_kind){
			.offered = true,
			.fee_yen = 300,
			.options = doc_kind_is_record((enum doc_kind)k)
			    ? (unsigned)ORDER_OPTIONS_ALL
			    : 0u,
			.hours = { .open_minute = 390,
			    .close_minute = 1380,
			    .closed_year_end = true },
			.ninsho_all =
			    "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
			.ninsho_part = "この写しは、住民票の原本と相違ないことを証明する。",
		};
	struct err err = { 0 };
	assert_int_equal(form_assign(a, ret, &err), 0);
}

void
paper_resident(struct arena *a, unsigned n, struct resident *ret)
{
	*ret = (struct resident){ .muni = muni,
		.rireki_no = 3,
		.state = RESIDENT_REGISTERED,
		.class_ = RESIDENT_JAPANESE,
		.narabi = n + 1 };
	ret->atena_no = arena_printf(a, "%015u", 100000 + n);
	ret->setai_no = "000000000000777";
	ret->name = n == 0 ? "見本　太郎"
	    : n == 1       ? "見本　花子"
			   : arena_printf(a, "見本　𠮷%u", n);
	ret->name_kana = "みほん";
	ret->birth = "昭和５５年１月２日";
	ret->sex = n % 2 ? "女" : "男";
	ret->setainushi = "見本　太郎";
	ret->zokugara = n == 0 ? "世帯主" : "妻";
	ret->honseki = "見本県架空市見本町一丁目１番";
	ret->hittosha = "見本　太郎";
	ret->jumin_since = "平成１０年４月１日";
	ret->address = "見本県架空市見本町一丁目２番３号";
	ret->katagaki = "見本荘１０１号";
	ret->address_since = "平成１０年４月１日";
	ret->todokede_on = "平成１０年４月２日";
	ret->kojin_no = "123456789018";
	ret->jumin_code = "12345678901";
}

void
paper_seal(struct arena *a, struct seal_row *ret)
{
	*ret = (struct seal_row){ .muni = muni,
		.atena_no = "000000000100000",
		.rireki_no = 1,
		.state = SEAL_REGISTERED,
		.touroku_no = "12345",
		.touroku_on = "平成２０年１月１日",
		.width_px = 400,
		.height_px = 400,
		.bits = ring(a, 400) };
}

struct render_fonts *
paper_fonts(void)
{
	static struct render_fonts *f;
	struct err err = { 0 };
	if (f == NULL && render_fonts_open(FONT_MANIFEST, &f, &err)) {
		fprintf(stderr, "fonts: %s\n", err.trail[0].what);
		abort();
	}
	return f;
}
