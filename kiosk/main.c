/* SPDX-License-Identifier: Apache-2.0 */
/* kofu-kiosk - the machine in the shop: pages and API for one resident at a time, or one
 * certificate by command. */
#include "kiosk/app/api.h"
#include "kiosk/app/harden.h"
#include "kiosk/app/issue.h"
#include "kiosk/app/real.h"
#include "kiosk/app/texts.h"
#include "kiosk/kiosk_conf.h"
#include "kiosk/ui/pages.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "pki/selftest.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { MAIN_ARENA_BYTES = 1 << 20 };

static const char usage_text[] =
    "usage: kofu-kiosk run CONF\n"
    "       kofu-kiosk issue CONF --kind juminhyo|kisai|inkan (--pin-file FILE | --pin-fd N)\n"
    "                  [--scope self|household|part] [--persons 0,2] [--options a,b]\n"
    "                  [--copies N] [--wait-card SECONDS] [--take-card] [--json]\n"
    "       kofu-kiosk -n CONF | --check-config CONF\n"
    "issue prints one line of JSON; its exit status says what kind of end it was: 0 printed,\n"
    "10 refused by center or server, 11 card, 12 PIN, 13 network, 14 answer refused,\n"
    "15 printer, 16 payment, 17 cancelled or timed out, 18 fault, 64 usage, 78 configuration.\n";

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

static int
fault_exit(const char *doing, const struct err *err)
{
	fprintf(stderr, "kofu-kiosk: %s failed\n", doing);
	log_fault("kiosk.start", (struct txn_id){ 0 }, err);
	return err->fault == FAULT_CONFIG ? EX_CONFIG : EX_UNAVAILABLE;
}

static struct engine_conf
engine_conf_of(const struct kiosk_conf *c, bool card_may_stay)
{
	return (struct engine_conf){ .kiosk = c->id,
		.journal_folder = c->journal,
		.help_phone = c->help_phone,
		.pinpad_shuffle = c->pinpad_shuffle,
		.waits_percent = (unsigned)c->waits_percent,
		.hall = c->hall,
		.card_may_stay = card_may_stay };
}

static void
wait_for_end(void)
{
	sigset_t set;
	int sig = 0;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	while (sigwait(&set, &sig) != 0)
		;
}

/* Threads inherit it: only wait_for_end() takes these two. */
static void
block_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static int
run(const struct kiosk_conf *c)
{
	AUTO(texts_set) struct texts_set *texts = NULL;
	AUTO(voice) struct voice *voice = NULL;
	AUTO(real) struct real *real = NULL;
	AUTO(engine) struct engine *engine = NULL;
	struct http_server *server = NULL;
	struct api api = { .pages = kiosk_pages };
	const struct engine_conf ec = engine_conf_of(c, false);
	struct err err = { 0 };
	block_signals();
	if (texts_set_open(kiosk_pages, &texts, &err) != 0)
		return fault_exit("reading the texts", &err);
	voice = voice_new(
	    &(struct voice_conf){ .program = c->voice_program, .recordings = c->recordings });
	if (real_new(c, &real, &err) != 0)
		return fault_exit("opening reader, printer or center", &err);
	const struct ports ports = real_ports(real);
	if (engine_new(&ec, &ports, &engine, &err) != 0)
		return fault_exit("starting", &err);
	const struct engine_texts et = texts_for_engine(texts_set_find(texts, "ja"));
	engine_set_texts(engine, &et);
	api.engine = engine;
	api.texts = texts;
	api.voice = voice;
	if (api_token_write(&api, c->token, &err) != 0)
		return fault_exit("writing the token", &err);
	if (api_start(&api, (uint16_t)c->port, &server, &err) != 0)
		return fault_exit("listening", &err);
	printf("ready port=%u\n", http_server_port(server));
	(void)fflush(stdout);
	wait_for_end();
	engine_end_waits(engine); /* long polls come back at once */
	http_server_stop(server);
	(void)unlink(c->token);
	return EX_OK;
}

/* The first line, four digits; nothing of it stays in this process but the four. */
static bool
pin_read(int fd, char pin[CARD_PIN_DIGITS + 1])
{
	char text[ISSUE_MAX_PIN_FILE_BYTES] = { 0 };
	ssize_t n = read(fd, text, sizeof(text) - 1);
	size_t digits = strspn(text, "0123456789");
	bool good = n >= CARD_PIN_DIGITS && digits == CARD_PIN_DIGITS &&
	    (text[digits] == '\n' || text[digits] == '\r' || text[digits] == '\0');
	if (good)
		memcpy(pin, text, CARD_PIN_DIGITS);
	mem_wipe(text, sizeof(text));
	return good;
}

static bool
pin_read_file(const char *path, char pin[CARD_PIN_DIGITS + 1])
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && pin_read(fd, pin);
}

/* "a,b,c": each part to @each; false when one is none. */
static bool
parts(const char *list, bool (*each)(struct issue_want *w, const char *part), struct issue_want *w)
{
	char copy[256];
	char *save = NULL;
	if (strlen(list) >= sizeof(copy))
		return false;
	memcpy(copy, list, strlen(list) + 1);
	for (char *p = strtok_r(copy, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save))
		if (!each(w, p))
			return false;
	return true;
}

static bool
add_option(struct issue_want *w, const char *part)
{
	unsigned bit = order_option_find(part);
	w->options |= bit;
	return bit != 0;
}

static bool
add_person(struct issue_want *w, const char *part)
{
	uint64_t n = 0;
	if (!text_u64_parse(part, strlen(part), ORDER_MAX_PERSONS - 1, &n))
		return false;
	w->persons |= (uint64_t)1 << n;
	return true;
}

static bool
set_scope(struct issue_want *w, const char *s)
{
	w->scope = text_equal(s, "self") ? ORDER_SELF
	    : text_equal(s, "household") ? ORDER_HOUSEHOLD
	    : text_equal(s, "part")      ? ORDER_PART
					 : (enum order_scope)0;
	return w->scope != 0;
}

static bool
set_number(const char *s, uint64_t max, unsigned *ret)
{
	uint64_t n = 0;
	if (!text_u64_parse(s, strlen(s), max, &n))
		return false;
	*ret = (unsigned)n;
	return true;
}

/* One option of the issue command. */
static bool
issue_option(int c, const char *arg, struct issue_want *w, bool *take_card)
{
	unsigned n = 0;
	switch (c) {
	case 'k':
		return (w->kind = doc_kind_find(arg)) != 0;
	case 's':
		return set_scope(w, arg);
	case 'p':
		return parts(arg, add_person, w);
	case 'o':
		return parts(arg, add_option, w);
	case 'c':
		return set_number(arg, ORDER_MAX_COPIES, &w->copies) && w->copies > 0;
	case 'w':
		if (!set_number(arg, 600, &n))
			return false;
		w->wait_card_ms = n * 1000;
		return true;
	case 'f':
		return pin_read_file(arg, w->pin);
	case 'd':
		return set_number(arg, 1 << 16, &n) && pin_read((int)n, w->pin);
	case 't':
		*take_card = true;
		return true;
	default:
		return c == 'j';
	}
}

static bool
issue_options(int argc, char **argv, struct issue_want *w, bool *take_card)
{
	static const struct option options[] = { { "kind", required_argument, NULL, 'k' },
		{ "scope", required_argument, NULL, 's' },
		{ "persons", required_argument, NULL, 'p' },
		{ "options", required_argument, NULL, 'o' },
		{ "copies", required_argument, NULL, 'c' },
		{ "wait-card", required_argument, NULL, 'w' },
		{ "pin-file", required_argument, NULL, 'f' },
		{ "pin-fd", required_argument, NULL, 'd' }, { "take-card", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 } };
	*w = (struct issue_want){ .scope = ORDER_SELF, .copies = 1, .wait_card_ms = 5000 };
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (!issue_option(c, optarg, w, take_card))
			return false;
	return optind == argc && w->kind != 0 && w->pin[0] != '\0';
}

static int
issue(const struct kiosk_conf *c, struct issue_want *w, bool take_card)
{
	AUTO(real) struct real *real = NULL;
	AUTO(engine) struct engine *engine = NULL;
	const struct engine_conf ec = engine_conf_of(c, !take_card);
	struct engine_report report;
	struct err err = { 0 };
	struct buf out;
	(void)signal(SIGPIPE, SIG_IGN);
	if (real_new(c, &real, &err) != 0)
		return fault_exit("opening reader, printer or center", &err);
	const struct ports ports = real_ports(real);
	if (engine_new(&ec, &ports, &engine, &err) != 0)
		return fault_exit("starting", &err);
	buf_init(&out, 65536);
	if (issue_run(engine, w, &report, &err) != 0 || issue_format(&report, &out, &err) != 0)
		return fault_exit("issuing", &err);
	(void)fwrite(out.p, 1, out.bytes, stdout);
	buf_done(&out);
	return (int)result_info(report.result)->group;
}

int
main(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(MAIN_ARENA_BYTES);
	struct issue_want want;
	struct kiosk_conf c;
	struct err err = { 0 };
	bool take_card = false;
	harden_process();
	if (argc == 2 && text_equal(argv[1], "--help"))
		return fputs(usage_text, stdout) < 0;
	if (argc < 3)
		return usage();
	bool check = text_equal(argv[1], "-n") || text_equal(argv[1], "--check-config");
	bool is_run = text_equal(argv[1], "run");
	bool is_issue = text_equal(argv[1], "issue");
	if (!check && !is_run && !is_issue)
		return usage();
	if (is_issue ? !issue_options(argc - 2, argv + 2, &want, &take_card) : argc != 3)
		return usage();
	if (kiosk_conf_load(a, argv[2], &c, &err) != 0)
		return fault_exit("reading the configuration", &err);
	if (check)
		return printf("%s: good\n", argv[2]) > 0 ? EX_OK : EX_IOERR;
	if (selftest_start(&err) != 0)
		return fault_exit("the self-test", &err);
	return is_run ? run(&c) : issue(&c, &want, take_card);
}
