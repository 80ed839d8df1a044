/* SPDX-License-Identifier: Apache-2.0 */
/* world-jpki - the command; see jpki.h. */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/world/jpki/jpki.h"
#include "tests/world/tool/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: world-jpki init DIR [--url OCSP-ADDRESS]\n"
    "       world-jpki card DIR CARDDIR --serial N --cn ID [--generation 1|2]\n"
    "           [--not-after YYYY-MM-DD] [--muni CODE] [--name TEXT] [--birth YYYYMMDD]\n"
    "           [--sex 1|2|9] [--address TEXT] [--pin 1234] [--sign-pin ABC123]\n"
    "           [--token JPKIAPICCTOKEN2] [--no-auth] [--no-sign]\n"
    "       world-jpki revoke DIR SERIAL [--hold] [--only auth|sign]\n"
    "       world-jpki unhold DIR SERIAL [--only auth|sign]\n"
    "       world-jpki status DIR [SERIAL]\n"
    "       world-jpki crl DIR                         DIR/crl/<key>.crl for all four keys\n"
    "       world-jpki fault DIR WORD                  none silent stale no-nonce wrong-nonce\n"
    "                                                  wrong-key try-later garbage \"slow MS\"\n"
    "       world-jpki serve DIR --port P [--port-file F] [--slow-ms N] [--silent] [--stale]\n";

struct args {
	struct jpki_card card;
	struct jpki_serve serve;
	const char *url;
	const char *only;
	bool hold;
};

static int
main_date_part(const char *s, size_t digits, uint64_t min, uint64_t max)
{
	uint64_t v = 0;
	const char *from = *s == '0' ? s + 1 : s; /* 01 is a month, though no number of ours */
	size_t n = *s == '0' ? digits - 1 : digits;
	if (!text_u64_parse(from, n, max, &v) || v < min)
		tool_die("--not-after: YYYY-MM-DD is needed");
	return (int)v;
}

/* The end of that day in Japan. */
static int64_t
main_date_s(const char *s)
{
	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
		tool_die("--not-after: YYYY-MM-DD is needed");
	struct civil_time t = { .on = { .year = main_date_part(s, 4, 1950, 9999),
				    .month = main_date_part(s + 5, 2, 1, 12),
				    .day = main_date_part(s + 8, 2, 1, 31) },
		.hour = 23,
		.minute = 59,
		.second = 59 };
	return clock_from_japan_ms(t) / 1000;
}

enum opt {
	OPT_SERIAL = 256,
	OPT_CN,
	OPT_GEN,
	OPT_NOT_AFTER,
	OPT_MUNI,
	OPT_NAME,
	OPT_BIRTH,
	OPT_SEX,
	OPT_ADDRESS,
	OPT_PIN,
	OPT_SIGN_PIN,
	OPT_TOKEN,
	OPT_NO_AUTH,
	OPT_NO_SIGN,
	OPT_URL,
	OPT_ONLY,
	OPT_HOLD,
	OPT_PORT,
	OPT_PORT_FILE,
	OPT_SLOW_MS,
	OPT_SILENT,
	OPT_STALE,
};
static const struct option OPTIONS[] = { { "serial", 1, NULL, OPT_SERIAL },
	{ "cn", 1, NULL, OPT_CN }, { "generation", 1, NULL, OPT_GEN },
	{ "not-after", 1, NULL, OPT_NOT_AFTER }, { "muni", 1, NULL, OPT_MUNI },
	{ "name", 1, NULL, OPT_NAME }, { "birth", 1, NULL, OPT_BIRTH }, { "sex", 1, NULL, OPT_SEX },
	{ "address", 1, NULL, OPT_ADDRESS }, { "pin", 1, NULL, OPT_PIN },
	{ "sign-pin", 1, NULL, OPT_SIGN_PIN }, { "token", 1, NULL, OPT_TOKEN },
	{ "no-auth", 0, NULL, OPT_NO_AUTH }, { "no-sign", 0, NULL, OPT_NO_SIGN },
	{ "url", 1, NULL, OPT_URL }, { "only", 1, NULL, OPT_ONLY }, { "hold", 0, NULL, OPT_HOLD },
	{ "port", 1, NULL, OPT_PORT }, { "port-file", 1, NULL, OPT_PORT_FILE },
	{ "slow-ms", 1, NULL, OPT_SLOW_MS }, { "silent", 0, NULL, OPT_SILENT },
	{ "stale", 0, NULL, OPT_STALE }, { NULL, 0, NULL, 0 } };

static bool
main_option_card(struct jpki_card *card, int opt, const char *v)
{
	switch (opt) {
	case OPT_SERIAL:
		card->serial = (uint32_t)tool_number(v, 1, JPKI_SERIAL_MAX, "--serial");
		return true;
	case OPT_GEN:
		card->gen = (int)tool_number(v, 1, JPKI_N_GENS, "--generation");
		return true;
	case OPT_NOT_AFTER:
		card->not_after_s = main_date_s(v);
		return true;
	case OPT_CN:
		card->cn = v;
		return true;
	case OPT_MUNI:
		card->muni = v;
		return true;
	case OPT_NAME:
		card->name = v;
		return true;
	case OPT_BIRTH:
		card->birth = v;
		return true;
	case OPT_SEX:
		card->sex = v;
		return true;
	case OPT_ADDRESS:
		card->address = v;
		return true;
	case OPT_PIN:
		card->pin = v;
		return true;
	case OPT_SIGN_PIN:
		card->sign_pin = v;
		return true;
	case OPT_TOKEN:
		card->token = v;
		return true;
	case OPT_NO_AUTH:
		card->no_auth = true;
		return true;
	case OPT_NO_SIGN:
		card->no_sign = true;
		return true;
	default:
		return false;
	}
}

static bool
main_option(struct args *args, int opt, const char *v)
{
	switch (opt) {
	case OPT_URL:
		args->url = v;
		return true;
	case OPT_ONLY:
		args->only = v;
		return strcmp(v, "auth") == 0 || strcmp(v, "sign") == 0;
	case OPT_HOLD:
		args->hold = true;
		return true;
	case OPT_PORT:
		args->serve.port = (unsigned)tool_number(v, 0, 65535, "--port");
		return true;
	case OPT_PORT_FILE:
		args->serve.port_file = v;
		return true;
	case OPT_SLOW_MS:
		args->serve.slow_ms = tool_number(v, 0, 600000, "--slow-ms");
		return true;
	case OPT_SILENT:
		args->serve.fault = JPKI_FAULT_SILENT;
		return true;
	case OPT_STALE:
		args->serve.fault = JPKI_FAULT_STALE;
		return true;
	default:
		return main_option_card(&args->card, opt, v);
	}
}

/* RFC 5280 5.3.1: only a hold can be lifted; what is revoked stays revoked. */
static void
main_set_state(
    struct arena *a, const char *dir, const char *serial, const char *only, enum jpki_state state)
{
	struct jpki_certs certs;
	uint32_t v = (uint32_t)tool_number(serial, 1, JPKI_SERIAL_MAX, "serial");
	bool any = false;
	AUTO_FD int lock = jpki_status_lock(a, dir);
	jpki_status_load(a, dir, &certs);
	for (size_t i = 0; i < certs.n; i++) {
		struct jpki_cert *c = &certs.all[i];
		if (c->serial != v || (only && strcmp(only, c->hier ? "sign" : "auth") != 0))
			continue;
		any = true;
		if (c->state == JPKI_REVOKED && state != JPKI_REVOKED)
			tool_die("%u is revoked and stays so", v);
		c->state = state;
		c->since_s = clock_now_ms() / 1000;
	}
	if (!any)
		tool_die("serial %u was never issued", v);
	jpki_status_save(a, dir, &certs);
}

static void
main_status(struct arena *a, const char *dir, const char *serial)
{
	struct jpki_certs certs;
	jpki_status_load(a, dir, &certs);
	for (size_t i = 0; i < certs.n; i++) {
		const struct jpki_cert *c = &certs.all[i];
		if (serial == NULL ||
		    c->serial == tool_number(serial, 1, JPKI_SERIAL_MAX, "serial"))
			printf("%s %u %s\n", jpki_key_name(c->hier, c->gen), c->serial,
			    jpki_state_name(c->state));
	}
}

static void
main_crl(struct arena *a, const char *dir)
{
	struct jpki_certs certs;
	const char *crls = tool_path(a, dir, "crl");
	jpki_status_load(a, dir, &certs);
	tool_mkdir(crls);
	for (int k = 0; k < JPKI_N_KEYS; k++) {
		struct jpki_ca ca;
		struct buf der;
		jpki_ca_load(a, dir, (enum jpki_hier)(k / JPKI_N_GENS), k % JPKI_N_GENS + 1, &ca);
		buf_init(&der, 32 << 20);
		jpki_crl_make(&ca, &certs, false, &der);
		tool_write(arena_printf(a, "%s/%s.crl", crls, jpki_key_name(ca.hier, ca.gen)),
		    der.p, der.bytes, 0644);
		buf_done(&der);
		jpki_ca_done(&ca);
	}
}

static void
main_fault(struct arena *a, const char *dir, const char *word)
{
	enum jpki_fault fault = JPKI_FAULT_NONE;
	if (strncmp(word, "slow ", 5) == 0)
		(void)tool_number(word + 5, 0, 600000, "slow");
	else if (!jpki_fault_parse(word, &fault))
		tool_die("no such fault");
	tool_write(tool_path(a, dir, "fault"), word, strlen(word), 0644);
}

static bool
main_command(struct arena *a, struct args *args, int argc, char **argv)
{
	const char *cmd = argv[0], *dir = argv[1];
	if (argc == 2 && strcmp(cmd, "init") == 0)
		jpki_init(a, dir, args->url);
	else if (argc == 3 && strcmp(cmd, "card") == 0 && args->card.serial && args->card.cn)
		jpki_card_make(a, dir, argv[2], &args->card);
	else if (argc == 3 && strcmp(cmd, "revoke") == 0)
		main_set_state(a, dir, argv[2], args->only, args->hold ? JPKI_HOLD : JPKI_REVOKED);
	else if (argc == 3 && strcmp(cmd, "unhold") == 0)
		main_set_state(a, dir, argv[2], args->only, JPKI_GOOD);
	else if ((argc == 2 || argc == 3) && strcmp(cmd, "status") == 0)
		main_status(a, dir, argc == 3 ? argv[2] : NULL);
	else if (argc == 2 && strcmp(cmd, "crl") == 0)
		main_crl(a, dir);
	else if (argc == 3 && strcmp(cmd, "fault") == 0)
		main_fault(a, dir, argv[2]);
	else if (argc == 2 && strcmp(cmd, "serve") == 0) {
		args->serve.dir = dir;
		jpki_serve(a, &args->serve);
	} else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(JPKI_ARENA_BYTES);
	struct args args = {
		.url = "http://ocsp.jpki-test.invalid/",
		.card = { .gen = JPKI_N_GENS,
		    .not_after_s = clock_now_ms() / 1000 + 5 * JPKI_YEAR_S,
		    .muni = "991015",
		    .name = "見本　太郎",
		    .birth = "19800101",
		    .sex = "1",
		    .address = "見本県見本市見本町一丁目１番１号",
		    .pin = "1234",
		    .sign_pin = "ABC123",
		    .token = "JPKIAPICCTOKEN2" },
	};
	for (int c; (c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
		if (!main_option(&args, c, optarg))
			tool_usage(USAGE);
	if (argc - optind < 2 || !main_command(a, &args, argc - optind, argv + optind))
		tool_usage(USAGE);
	return 0;
}
