/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-register - the contents of the sample register as one SQL script of
 * COPY blocks, for psql into db/register/schema.sql. See README.md.
 */
#include "base/text.h"
#include "domain/muni.h"
#include "tests/world/register/people.h"
#include "tests/world/tool/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char USAGE[] =
    "usage: world-register generate --muni CODE --count N [--seed S] [--seals PERCENT]\n"
    "           [--cards FILE | --fake-cards ISSUER-HEX]\n"
    "       FILE has lines \"atena_no issuer-key-hash-hex serial-hex\"\n";

enum { MAX_COUNT = 2000000, MAX_CARDS = 1000, HOUSEHOLD_ARENA_BYTES = 4 * 1024 * 1024 };

struct card {
	char atena[16], issuer[65], serial[41];
	unsigned rireki;
};
struct options {
	struct muni_code muni;
	uint32_t count;
	uint64_t seed;
	unsigned seal_percent;
	const char *cards_path, *fake_issuer;
	struct card cards[MAX_CARDS];
	unsigned n_cards;
};

/* --- one row of a COPY --- */

static void
field(const char *s, bool last)
{
	fputs(s ? s : "\\N", stdout);
	putchar(last ? '\n' : '\t');
}

static void
field_bytes(const uint8_t *p, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	fputs("\\\\x", stdout);
	for (size_t i = 0; i < bytes; i++) {
		putchar(digits[p[i] >> 4]);
		putchar(digits[p[i] & 15]);
	}
	putchar('\n');
}

static const char *
joined(struct arena *a, const char *family, const char *given)
{
	return family ? arena_printf(a, "%s　%s", family, given) : NULL;
}

static const char *
printed_name(struct arena *a, const struct person *p)
{
	return p->family ? joined(a, p->family, p->given) : p->name_latin;
}

struct row {
	unsigned rireki;
	bool old_address, removed;
};

static void
resident_row(struct arena *a, const struct household *h, unsigned k, struct row w)
{
	const struct person *p = &h->person[k];
	const struct person *head = &h->person[0];
	const char *setainushi = printed_name(a, head);
	const char *cells[] = {
		people_number(a, p->atena),
		arena_printf(a, "%u", w.rireki),
		w.removed ? "2" : "1",
		p->foreign ? "2" : "1",
		arena_printf(a, "%u", k + 1),
		people_number(a, h->setai),
		joined(a, p->family, p->given),
		p->name_kana ? p->name_kana : joined(a, p->family_kana, p->given_kana),
		p->name_latin,
		p->kyu_uji,
		p->kyu_uji_kana,
		p->tsusho,
		p->tsusho_kana,
		p->birth,
		p->sex,
		setainushi,
		p->zokugara,
		p->foreign ? NULL : "架空県架空市本籍町１番地",
		p->foreign ? NULL : setainushi,
		p->jumin_since ? p->jumin_since : "平成１２年４月１日",
		p->foreign ? "平成２５年４月１日" : NULL,
		w.old_address ? "架空県架空市旧居町９番地" : h->address,
		w.old_address ? NULL : h->katagaki,
		p->moved && !w.old_address ? "令和５年１０月１日" : NULL,
		w.old_address ? "平成１２年４月１日" : "令和５年１０月１日",
		"仮想県仮想市前住町５番地",
		people_kojin_no(a, p->atena),
		people_jumin_code(a, p->atena),
		p->kokuseki,
		p->foreign ? "中長期在留者" : NULL,
		p->foreign ? "技術・人文知識・国際業務" : NULL,
		p->foreign ? "５年" : NULL,
		p->foreign ? "２０２９年３月３１日" : NULL,
		p->foreign ? arena_printf(a, "AB%08uCD", p->atena) : NULL,
		NULL,
		w.removed           ? "国外転出"
		    : w.rireki == 1 ? "国内転入"
				    : "転居",
		w.removed ? "令和７年３月３１日" : "令和５年１０月１日",
		w.removed ? "国外転出" : NULL,
		w.removed ? "令和７年３月３１日" : NULL,
	};
	for (size_t i = 0; i < N_ELEMENTS(cells); i++)
		field(cells[i], i + 1 == N_ELEMENTS(cells));
}

static void
resident_rows(const struct options *o, struct arena *a, const struct household *h, unsigned k)
{
	const struct person *p = &h->person[k];
	unsigned rireki = 1;
	(void)o;
	if (p->moved)
		resident_row(a, h, k, (struct row){ rireki++, true, false });
	resident_row(a, h, k, (struct row){ rireki++, false, false });
	if (p->removed)
		resident_row(a, h, k, (struct row){ rireki, false, true });
}

static void
seal_row(struct arena *a, const struct person *p, unsigned rireki, bool abolished)
{
	const uint8_t *bits = people_inei(a, p->atena, p->seal_px);
	field(people_number(a, p->atena), false);
	printf("%u\t%c\t%u\t令和６年４月１日\t%u\t%u\t", rireki, abolished ? '2' : '1',
	    p->atena - PEOPLE_FIRST_ATENA + 1, p->seal_px, p->seal_px);
	field_bytes(bits, (size_t)((p->seal_px + 7) / 8) * p->seal_px);
}

static void
seal_rows(const struct options *o, struct arena *a, const struct household *h, unsigned k)
{
	const struct person *p = &h->person[k];
	(void)o;
	if (p->seal_px == 0)
		return;
	seal_row(a, p, 1, false);
	if (p->seal_abolished)
		seal_row(a, p, 2, true);
}

static void
card_rows(const struct options *o, struct arena *a, const struct household *h, unsigned k)
{
	const struct person *p = &h->person[k];
	const char *atena = people_number(a, p->atena);
	for (unsigned i = 0; i < o->n_cards; i++)
		if (strcmp(o->cards[i].atena, atena) == 0)
			printf("%s\t%u\tt\t\\\\x%s\t\\\\x%s\n", atena, o->cards[i].rireki,
			    o->cards[i].issuer, o->cards[i].serial);
	if (o->fake_issuer != NULL && !p->removed)
		printf("%s\t1\tt\t\\\\x%s\t\\\\x40%014llx\n", atena, o->fake_issuer,
		    (unsigned long long)(p->atena * UINT64_C(2654435761)) & 0xFFFFFFFFFFFFFF);
}

static void
block_rows(const struct options *o, struct arena *a, const struct household *h, unsigned k)
{
	const struct person *p = &h->person[k];
	(void)o;
	if (k == 0 && h->block != NULL)
		printf("2\t%s\t1\tt\tt\tt\t%s\tt\n", people_number(a, h->setai), h->block);
	if (p->block != NULL)
		printf("1\t%s\t1\tt\tt\tt\t%s\tf\n", people_number(a, p->atena), p->block);
}

/* --- the tables, each a walk over the same people --- */

static void
walk(const struct options *o,
    void (*rows)(const struct options *o, struct arena *a, const struct household *h, unsigned k))
{
	uint32_t done = 0;
	for (uint32_t i = 0; done < o->count; i++) {
		struct household h;
		AUTO(arena) struct arena *a = arena_new(HOUSEHOLD_ARENA_BYTES);
		if (i < PEOPLE_CAST_HOUSEHOLDS)
			people_cast(i, &h);
		else
			people_bulk(a, o->seed, i - PEOPLE_CAST_HOUSEHOLDS,
			    PEOPLE_FIRST_BULK + done - PEOPLE_CAST, o->seal_percent, &h);
		if (h.n > o->count - done)
			h.n = o->count - done;
		for (unsigned k = 0; k < h.n; k++)
			rows(o, a, &h, k);
		done += h.n;
	}
	fputs("\\.\n", stdout);
}

static void
generate(const struct options *o)
{
	puts("SET client_encoding = 'UTF8';");
	puts("BEGIN;");
	puts("COPY jumin.juminhyo (atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi, "
	     "setai_no,"
	     " shimei, shimei_furigana, shimei_alphabet, kyu_uji, kyu_uji_furigana, tsusho,"
	     " tsusho_furigana, seinengappi, seibetsu, setainushi_shimei, zokugara, honseki, "
	     "hittosha,"
	     " jumin_to_natta_ymd, gaikokujin_jumin_ymd, jusho, katagaki, jusho_wo_sadameta_ymd,"
	     " todokede_ymd, tennyu_mae_jusho, kojin_no, juminhyo_code, kokuseki_chiiki, "
	     "ho30_45_kubun,"
	     " zairyu_shikaku, zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no, biko, ido_jiyu, "
	     "ido_ymd,"
	     " shojo_jiyu, shojo_ymd) FROM stdin;");
	walk(o, resident_rows);
	puts("COPY jumin.inkan (atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px,"
	     " takasa_px, inei) FROM stdin;");
	walk(o, seal_rows);
	puts("COPY jumin.shomeisho (atena_no, rireki_no, yuko, issuer_key_hash, serial) FROM "
	     "stdin;");
	walk(o, card_rows);
	puts("COPY jumin.yokushi (taisho_kubun, taisho_no, rireki_no, yuko, juminhyo, inkan, riyu,"
	     " shien_sochi) FROM stdin;");
	walk(o, block_rows);
	puts("COMMIT;");
	puts("ANALYZE jumin.juminhyo; ANALYZE jumin.inkan; ANALYZE jumin.shomeisho;");
}

/* --- the command --- */

static void
card_add(struct options *o, const char *line)
{
	struct card *c = &o->cards[o->n_cards];
	char rest = 0;
	if (o->n_cards == MAX_CARDS)
		tool_die("--cards: more than %d lines", MAX_CARDS);
	if (sscanf(line, "%15s %64[0-9a-f] %40[0-9a-f] %c", c->atena, c->issuer, c->serial,
		&rest) != 3 ||
	    strlen(c->issuer) != 64 || strlen(c->serial) % 2 != 0)
		tool_die("--cards: line %u is none", o->n_cards + 1);
	for (unsigned i = 0; i < o->n_cards; i++)
		c->rireki += strcmp(o->cards[i].atena, c->atena) == 0;
	c->rireki++;
	o->n_cards++;
}

static void
cards_read(struct options *o)
{
	char line[256];
	FILE *f = fopen(o->cards_path, "r");
	if (f == NULL)
		tool_die("%s: cannot be read", o->cards_path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (line[0] != '\n' && line[0] != '#')
			card_add(o, line);
	(void)fclose(f);
}

static void
option(struct options *o, int c)
{
	if (c == 'm' && !muni_parse(optarg, strlen(optarg), &o->muni))
		tool_die("--muni: the check digit does not fit");
	if (c == 'n')
		o->count = (uint32_t)tool_number(optarg, PEOPLE_CAST, MAX_COUNT, "--count");
	if (c == 's')
		o->seed = (uint64_t)tool_number(optarg, 0, 2147483647, "--seed");
	if (c == 'p')
		o->seal_percent = (unsigned)tool_number(optarg, 0, 100, "--seals");
	if (c == 'c')
		o->cards_path = optarg;
	if (c == 'f')
		o->fake_issuer = optarg;
	if (c == '?')
		tool_usage(USAGE);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "muni", required_argument, NULL, 'm' },
		{ "count", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "seals", required_argument, NULL, 'p' },
		{ "cards", required_argument, NULL, 'c' },
		{ "fake-cards", required_argument, NULL, 'f' },
		{ 0 },
	};
	static struct options o = { .seed = 1, .seal_percent = 60 };
	uint8_t issuer[32];
	if (argc < 2 || strcmp(argv[1], "generate") != 0)
		tool_usage(USAGE);
	for (int c; (c = getopt_long(argc - 1, argv + 1, "", longs, NULL)) != -1;)
		option(&o, c);
	if (optind != argc - 1 || o.muni.s[0] == '\0' || o.count == 0)
		tool_usage(USAGE);
	if (o.fake_issuer != NULL &&
	    !text_hex_parse(o.fake_issuer, strlen(o.fake_issuer), issuer, sizeof(issuer)))
		tool_die("--fake-cards: 64 hex digits are needed");
	if (o.cards_path != NULL)
		cards_read(&o);
	/* Two municipalities have two populations. */
	for (unsigned i = 0; i < 6; i++)
		o.seed = o.seed * 31 + (uint64_t)o.muni.s[i];
	generate(&o);
	if (fflush(stdout) != 0)
		tool_die("cannot write");
	return 0;
}
