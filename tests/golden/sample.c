/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include "server/render/bilevel.h"
#include "server/render/form.h"

#include <stdlib.h>

#define HOUSEHOLD                                                                                  \
	.muni = { "991015" }, .rireki_no = 1, .state = RESIDENT_REGISTERED, .setai_no = "3000018", \
	.setainushi = "見本　太郎", .address = "架空県見本市中央一丁目２番３号",                   \
	.katagaki = "見本ハイツ１０１号室"
#define JAPANESE                                                                                   \
	HOUSEHOLD, .class_ = RESIDENT_JAPANESE, .honseki = "架空県見本市中央一丁目２番地",         \
		   .hittosha = "見本　太郎", .jumin_code = "10000000017"

const struct resident sample_persons[SAMPLE_N_PERSONS] = {
	{ JAPANESE, .narabi = 1, .atena_no = "1000017", .name = "見本　太郎",
	    .name_kana = "ミホン　タロウ", .birth = "昭和５５年４月１日", .sex = "男",
	    .zokugara = "世帯主", .jumin_since = "平成２０年１０月１日",
	    .address_since = "令和２年３月１５日", .todokede_on = "令和２年３月２０日",
	    .prev_address = "架空県例示市本町四丁目５番６－７０８号", .kojin_no = "123456789018" },
	{ JAPANESE, .narabi = 2, .atena_no = "1000025", .name = "見本　花子",
	    .name_kana = "ミホン　ハナコ", .kyu_uji = "\U00020BB7田", .kyu_uji_kana = "ヨシダ",
	    .birth = "昭和５８年月日不詳", .sex = "女", .zokugara = "妻",
	    .jumin_since = "平成２０年１０月１日", .address_since = "令和２年３月１５日",
	    .todokede_on = "令和２年３月２０日",
	    .prev_address = "架空県例示市本町四丁目５番６－７０８号", .kojin_no = "379474484458" },
	{ JAPANESE, .narabi = 3, .atena_no = "1000033", .name = "見本　\u845B\U000E0102子",
	    .name_kana = "ミホン　カツコ", .birth = "平成２２年２月２９日", .sex = "女",
	    .zokugara = "子", .jumin_since = "平成２２年２月２９日",
	    .address_since = "令和２年３月１５日", .todokede_on = "令和２年３月２０日",
	    .kojin_no = "454972364860", .biko = "出生の日から住民となった。" },
	{ JAPANESE, .narabi = 4, .atena_no = "1000041", .name = "見本　\U00029E3D助",
	    .name_kana = "ミホン　ホッケスケ", .birth = "令和元年５月上旬", .sex = "男",
	    .zokugara = "子", .jumin_since = "令和元年５月上旬",
	    .address_since = "令和２年３月１５日", .todokede_on = "令和２年３月２０日",
	    .kojin_no = "507957100721" },
	{ JAPANESE, .narabi = 5, .atena_no = "1000059", .name = "\u6E21\U0002E7BD　見本",
	    .name_kana = "ワタナベ　ミホン", .birth = "大正１５年１２月２５日", .sex = "女",
	    .zokugara = "父の母", .jumin_since = "昭和４０年推定１月１日",
	    .todokede_on = "令和５年１月２０日",
	    .prev_address = "架空県見本郡見本村大字見本２１０番地", .kojin_no = "983205673214" },
	{ HOUSEHOLD, .class_ = RESIDENT_FOREIGN, .narabi = 6, .atena_no = "1000067",
	    .name = "見本　民", .name_latin = "MIHON MIN", .name_kana = "ミホン　ミン",
	    .tsusho = "見本　美子", .tsusho_kana = "ミホン　ヨシコ", .birth = "１９９０年２月３日",
	    .sex = "女", .zokugara = "同居人", .gaikokujin_since = "平成２７年４月１日",
	    .address_since = "令和４年６月１日", .todokede_on = "令和４年６月３日",
	    .prev_address = "例示県例示市駅前三丁目４番５号", .kojin_no = "101010101014",
	    .jumin_code = "10000000025", .kokuseki = "中国", .ho30_45 = "中長期在留者",
	    .zairyu_shikaku = "永住者", .zairyu_kikan = "無期限", .zairyu_manryo = "＊＊＊",
	    .zairyu_no = "AB12345678CD" },
};

const struct resident sample_long = {
	.muni = { "991015" },
	.rireki_no = 1,
	.state = RESIDENT_REGISTERED,
	.class_ = RESIDENT_FOREIGN,
	.atena_no = "1000075",
	.setai_no = "3000026",
	.narabi = 1,
	.setainushi = "MIHON MARIA JOSEFINA ALEXANDRA DE LA MIHON",
	.name_latin = "MIHON MARIA JOSEFINA ALEXANDRA DE LA MIHON Y HANAKO",
	.name = "見本　真理亜",
	.name_kana = "ミホン　マリア　ホセフィナ　アレクサンドラ　デ　ラ　ミホン　イ　ハナコ",
	.tsusho = "見本　マリアホセフィナアレクサンドラ",
	.tsusho_kana = "ミホン　マリアホセフィナアレクサンドラ",
	.birth = "１９８５年１２月３１日",
	.sex = "女",
	.zokugara = "子の夫の父の妻",
	.address =
	    "架空県見本郡見本町大字見本字見本久保三百六十五番地の二十四第七土地区画整理事業地"
	    "内五十二街区十一画地仮換地三丁目１２３４番地の５６７８通称見本原上見本沢乙第三地"
	    "割字例示前字例示久保字例示道下字例示川端字例示堰添字例示塚越字例示沢目字例示平通"
	    "称見本原上見本沢乙第三地割字例示前字例示久保字例示道下字例示川端字例示堰添字例示"
	    "塚越字例示沢目字例示平通称見本原上見本沢乙第三地割字例示前字例示久保字例示道下号",
	.katagaki =
	    "見本グランドパークタワーレジデンス見本駅前弐番館イーストウイング１２３４号室　見"
	    "本方見本第二別館例示棟アネックスサウスウイング見本第二別館例示棟アネックスサウス"
	    "ウイング見本第二別館例示棟アネックスサ方",
	.address_since = "令和４年６月１日",
	.todokede_on = "令和４年６月３日から同月１０日までの間",
	.gaikokujin_since = "平成２７年４月１日",
	.prev_address =
	    "例示県例示市例示区例示町一丁目二番三号例示マンション例示館アネックス９８７６号室",
	.kojin_no = "101010101014",
	.jumin_code = "10000000025",
	.kokuseki = "グレートブリテン及び北アイルランド連合王国（英国）",
	.ho30_45 = "中長期在留者",
	.zairyu_shikaku = "技術・人文知識・国際業務",
	.zairyu_kikan = "５年",
	.zairyu_manryo = "２０２９年１２月３１日",
	.zairyu_no = "AB12345678CD",
	.biko = "令和４年６月１日例示県例示市から転入。令和５年４月１日住居表示の実施により住所の表"
		"示が変更された。"
		"令和６年５月７日氏名の漢字表記を記載した。通称の記載の年月日及び市区町村名は別紙の"
		"とおり。",
};

/* Rows of bits, a ring or a frame with strokes inside. */
static uint8_t *
draw_seal(struct arena *a, unsigned px, bool round)
{
	size_t row_bytes = (px + 7) / 8;
	uint8_t *bits = arena_zero(a, row_bytes * px);
	int half = (int)px / 2;
	int rim = (int)px / 24;
	for (int y = 0; y < (int)px; y++)
		for (int x = 0; x < (int)px; x++) {
			int dx = x - half, dy = y - half;
			int d2 = dx * dx + dy * dy;
			int side = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
			int from = half - 2, to = from - rim;
			bool in_rim =
			    round ? d2 <= from * from && d2 >= to * to : side <= from && side >= to;
			bool inside = round ? d2 < (to - rim) * (to - rim) : side < to - rim;
			bool stroke = (x / (rim * 2)) % 2 == 0 ? y % (rim * 6) < rim * 4
							       : y % (rim * 6) < rim;
			if (in_rim || (inside && stroke))
				bits[(size_t)y * row_bytes + (size_t)x / 8] |=
				    (uint8_t)(0x80 >> (x % 8));
		}
	return bits;
}

struct profile
sample_profile(struct arena *a, enum profile_form form)
{
	struct profile p = {
		.muni = { "991015" },
		.prefecture = "架空県",
		.name = "見本市",
		.mayor_title = "長",
		.mayor = "見本　一郎",
		.form = form,
		.window_phone = "000-000-0000",
		.inquiry_url = "https://inquiry.kofu.example/q",
		.koin_width_px = 543, /* 23 mm */
		.koin_height_px = 543,
		.koin_bits = draw_seal(a, 543, false),
	};
	p.kinds[DOC_JUMINHYO].ninsho_all =
	    "この写しは、世帯全員の住民票の原本と相違ないことを証明する。";
	p.kinds[DOC_JUMINHYO].ninsho_part = "この写しは、住民票の原本と相違ないことを証明する。";
	p.kinds[DOC_KISAI].ninsho_all = "この証明書に記載した事項は、世帯全員の住民票に記載された事"
					"項と相違ないことを証明する。";
	p.kinds[DOC_KISAI].ninsho_part = "住民票に記載された事項に相違ないことを証明する。";
	p.kinds[DOC_INKAN].ninsho_all = "この写しは、登録された印影と相違ないことを証明する。";
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		p.kinds[k].offered = true;
	struct err err = { 0 };
	if (form_assign(a, &p, &err) != 0) {
		log_fault("sample", (struct txn_id){ 0 }, &err);
		abort();
	}
	return p;
}

const struct profile_ground *
sample_ground(struct arena *a)
{
	return arena_zero(a, sizeof(struct profile_ground));
}

struct seal_row *
sample_seal(struct arena *a, uint16_t px)
{
	struct seal_row *s = arena_zero(a, sizeof(*s));
	*s = (struct seal_row){
		.muni = { "991015" },
		.atena_no = "1000017",
		.rireki_no = 1,
		.state = SEAL_REGISTERED,
		.touroku_no = "12345",
		.touroku_on = "平成２０年１０月２日",
		.width_px = px,
		.height_px = px,
		.bits = draw_seal(a, px, true),
	};
	return s;
}

struct render_input
sample_input(struct arena *a, enum doc_kind kind, enum profile_form form, unsigned n)
{
	struct profile *p = arena_zero(a, sizeof(*p));
	const struct resident **list = arena_zero_n(a, ORDER_MAX_PERSONS, sizeof(*list));
	*p = sample_profile(a, form);
	for (unsigned i = 0; i < n && i < ORDER_MAX_PERSONS; i++)
		list[i] = &sample_persons[i % SAMPLE_N_PERSONS];
	return (struct render_input){
		.kind = kind,
		.profile = p,
		.whole_household = true,
		.options = kind == DOC_INKAN ? 0 : ORDER_OPTIONS_ALL,
		.persons = list,
		.n_persons = n,
		.seal = kind == DOC_INKAN ? sample_seal(a, 425) : NULL, /* 18 mm */
		.issue_number = "20261121-991015-K001-000123",
		.front_code = "7Q3MZK8T1VXE5R0D",
		.issued_on = { 2026, 11, 21 },
	};
}

struct render_input
sample_kazei(struct arena *a)
{
	static const struct render_datum data[] = {
		{ "nendo", "令和８年度（令和７年１月１日から令和７年１２月３１日までの所得）" },
		{ "kazei_jusho", "架空県見本市中央一丁目２番３号　見本ハイツ１０１号室" },
		{ "kyuyo_shunyu", "5,200,000" },
		{ "kyuyo_shotoku", "3,720,000" },
		{ "nenkin_shunyu", "0" },
		{ "nenkin_shotoku", "0" },
		{ "eigyo", "0" },
		{ "nogyo", "0" },
		{ "fudosan", "0" },
		{ "haito", "12,000" },
		{ "sonota", "0" },
		{ "gokei_shotoku", "3,732,000" },
		{ "shakai_hoken", "764,400" },
		{ "kyosai", "0" },
		{ "seimei_hoken", "56,000" },
		{ "jishin_hoken", "15,000" },
		{ "iryohi", "0" },
		{ "haigusha", "330,000" },
		{ "fuyo", "450,000" },
		{ "shogai", "0" },
		{ "kiso", "430,000" },
		{ "kojo_gokei", "2,045,400" },
		{ "f_ippan", "0" },
		{ "f_tokutei", "1" },
		{ "f_rooya", "0" },
		{ "f_rojin", "0" },
		{ "f_nensho", "1" },
		{ "f_shogai", "0" },
		{ "kazei_hyojun", "1,686,000" },
		{ "nenzei", "164,900" },
		{ "shi_shotoku", "96,400" },
		{ "ken_shotoku", "63,500" },
		{ "shi_kinto", "3,000" },
		{ "ken_kinto", "2,000" },
	};
	struct render_input in = sample_input(a, DOC_JUMINHYO, PROFILE_KOJIN, 1);
	struct err err = { 0 };
	in.kind = (enum doc_kind)0;
	in.options = 0;
	in.data = data;
	in.n_data = N_ELEMENTS(data);
	if (form_builtin(a, "kazei", &in.form, &err) != 0) {
		log_fault("sample", (struct txn_id){ 0 }, &err);
		abort();
	}
	return in;
}

uint8_t *
sample_raster(struct arena *a, struct render_fonts *f, const struct render_doc *d, unsigned page)
{
	struct err err = { 0 };
	uint8_t *raster = arena_zero(a, RENDER_RASTER_BYTES);
	if (bilevel_draw(f, d->pages[page].drawn, raster, &err) != 0)
		abort();
	return raster;
}
