/* SPDX-License-Identifier: Apache-2.0 */
/* mixup-people - the register of one city of the truth, as SQL for psql into
 * db/register/schema.sql. */
#include "base/text.h"
#include "tests/mixup/truth.h"
#include "tests/world/tool/tool.h"

#include <stdio.h>
#include <string.h>

static const char USAGE[] =
    "usage: mixup-people SEED UNITS CITY CARDS\n"
    "       CARDS has lines \"index issuer-key-hash-hex serial-hex yuko\"\n";

enum { ARENA_BYTES = 64 << 20, CARDS_MAX = 4096 };

struct city {
	struct arena *a;
	uint64_t seed;
	unsigned units, city;
};

static void
insert_resident(const struct city *c, const struct truth *t)
{
	printf(
	    "INSERT INTO jumin.juminhyo (atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi,"
	    " setai_no, shimei, shimei_furigana, seinengappi, seibetsu, setainushi_shimei, "
	    "zokugara,"
	    " honseki, hittosha, jumin_to_natta_ymd, jusho, jusho_wo_sadameta_ymd, todokede_ymd,"
	    " tennyu_mae_jusho, kojin_no, juminhyo_code, ido_jiyu, ido_ymd%s) VALUES ('%s', 1, "
	    "'%c',"
	    " '1', %u, '%s', '%s', '%s', '%s', '%s', '%s', '%s', '架空県架空市本籍町１番地', '%s',"
	    " '平成１２年４月１日', '%s', '令和５年１０月１日', '令和５年１０月１日', '%s', "
	    "'%012u', '%011u',"
	    " '%s', '令和５年１０月１日'%s);\n",
	    t->removed ? ", shojo_jiyu, shojo_ymd" : "", t->atena, t->removed ? '2' : '1',
	    t->narabi, t->setai, t->name, t->kana, t->birth, t->sex, t->head_name, t->zokugara,
	    t->head_name, truth_address(c->a, t, c->units, 0), t->former, t->uid, t->uid,
	    t->removed ? "国外転出" : "国内転入",
	    t->removed ? ", '国外転出', '令和７年３月３１日'" : "");
}

static void
insert_seal(const struct city *c, const struct truth *t)
{
	const uint8_t *bits = truth_seal(c->a, t, 0);
	size_t bytes = (size_t)((t->seal_px + 7) / 8) * t->seal_px;
	char *hex = arena_zero(c->a, 2 * bytes + 1);
	text_hex_format(bits, bytes, hex);
	for (unsigned k = 1; k <= 1u + truth_seal_abolished_at_first(t->index); k++)
		printf("INSERT INTO jumin.inkan (atena_no, rireki_no, toroku_jotai, toroku_no, "
		       "toroku_ymd,"
		       " haba_px, takasa_px, inei) VALUES ('%s', %u, '%u', %u, '令和６年４月１日', "
		       "%u, %u, "
		       "'\\x%s');\n",
		    t->atena, k, k, truth_seal_number(t, 0), t->seal_px, t->seal_px, hex);
}

static void
insert_cards(const struct city *c, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "r");
	if (f == NULL)
		tool_die("%s: cannot be read", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned index = 0;
		char issuer[65], serial[41], valid[6];
		struct truth t;
		if (sscanf(line, "%u %64[0-9a-f] %40[0-9a-f] %5[a-z]", &index, issuer, serial,
			valid) != 4)
			tool_die("%s: a line is none", path);
		truth_person(c->a, c->seed, c->units, c->city, index, &t);
		printf("SELECT jumin.shomeisho_settei('%s', '\\x%s', '\\x%s', true);\n", t.atena,
		    issuer, serial);
		if (strcmp(valid, "false") == 0)
			printf("SELECT jumin.shomeisho_settei('%s', '\\x%s', '\\x%s', false);\n",
			    t.atena, issuer, serial);
	}
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		tool_usage(USAGE);
	struct city c = { .a = arena_new(ARENA_BYTES),
		.seed = (uint64_t)tool_number(argv[1], 0, 2147483647, "SEED"),
		.units = (unsigned)tool_number(argv[2], 1, TRUTH_MAX_UNITS, "UNITS"),
		.city = (unsigned)tool_number(argv[3], 0, TRUTH_MAX_CITIES - 1, "CITY") };
	puts("SET client_encoding = 'UTF8';\nBEGIN;");
	for (unsigned i = 0; i < truth_count(c.units); i++) {
		struct truth t;
		truth_person(c.a, c.seed, c.units, c.city, i, &t);
		insert_resident(&c, &t);
		if (t.seal_px > 0)
			insert_seal(&c, &t);
	}
	insert_cards(&c, argv[4]);
	puts("COMMIT;");
	arena_free(c.a);
	return fflush(stdout) == 0 ? 0 : 1;
}
