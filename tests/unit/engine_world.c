/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/engine_world.h"

#include "base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct world world;

void
world_share(void)
{
	uint8_t *keep = malloc(sizeof(world));
	assert_non_null(keep);
	assert_int_equal(sysconf(_SC_PAGESIZE), WORLD_PAGE_BYTES);
	memcpy(keep, &world, sizeof(world));
	void *at = mmap(&world, sizeof(world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	assert_true(at == (void *)&world);
	memcpy(&world, keep, sizeof(world));
	free(keep);
}

static void
mutex_begin(void)
{
	pthread_mutexattr_t attr;
	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutex_init(&world.mutex, &attr);
	(void)pthread_mutexattr_destroy(&attr);
}

void
world_revive(void)
{
	mutex_begin(); /* its owner may be dead */
}

void
world_begin(void)
{
	memset(&world, 0, sizeof(world));
	mutex_begin();
	peer_init(&world.peer, 1795200000000);
	world.card_in = true;
	world.tries = 3;
	memcpy(world.folder, "/tmp/kofu-engine-XXXXXX", 24);
	assert_non_null(mkdtemp(world.folder));
}

unsigned
world_journals(const char *suffix)
{
	DIR *d = opendir(world.folder);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t l = strlen(e->d_name), s = strlen(suffix);
		n += l >= s && e->d_name[0] != '.' && strcmp(e->d_name + l - s, suffix) == 0;
	}
	closedir(d);
	return n;
}

void
world_end(void)
{
	char path[400];
	DIR *d = opendir(world.folder);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		(void)unlink(path);
	}
	closedir(d);
	(void)rmdir(world.folder);
	peer_done(&world.peer);
	(void)pthread_mutex_destroy(&world.mutex);
}

struct engine *
world_engine(bool card_may_stay)
{
	const struct ports ports = world_ports();
	const struct engine_conf conf = { .kiosk = "K0001",
		.journal_folder = world.folder,
		.help_phone = "000-000-0001",
		.card_may_stay = card_may_stay,
		.waits_percent = world.waits_percent,
		.hall = world.hall };
	struct engine *e = NULL;
	struct err err = { 0 };
	assert_int_equal(engine_new(&conf, &ports, &e, &err), 0);
	return e;
}

void
world_wait(struct engine *e, enum session_state st)
{
	const int64_t until_ms = clock_mono_ms() + 5000;
	struct engine_report r;
	uint64_t n = 0;
	do {
		engine_read(e, &r);
		if (r.state == st)
			return;
		n = engine_wait(e, n, 100);
	} while (clock_mono_ms() < until_ms);
	print_message("# is in %s (%s), wanted %s\n", session_state_info(r.state)->name,
	    result_info(r.result)->code, session_state_info(st)->name);
	fail();
}

void
world_touch(struct engine *e, enum session_event ev)
{
	struct err err = { 0 };
	assert_int_equal(engine_touch(e, ev, SESSION_N_STATES, &err), 0);
}

void
world_pin(struct engine *e, const char *digits)
{
	struct err err = { 0 };
	for (; *digits; digits++)
		assert_int_equal(engine_pin(e, (unsigned)(*digits - '0'), SESSION_PIN, &err), 0);
	world_touch(e, SESSION_EV_PIN_ENTER);
}

/* A touch on a screen that has gone in the meantime does nothing. */
static void
touch_at(struct engine *e, enum session_event ev, enum session_state at)
{
	struct err err = { 0 };
	int r = engine_touch(e, ev, at, &err);
	assert_true(r == 0 || r == SESSION_E_NOT_NOW);
}

static void
choose(struct engine *e, struct engine_pick p)
{
	struct err err = { 0 };
	int r = engine_choose(e, &p, &err);
	assert_true(r == 0 || r == SESSION_E_NOT_NOW);
}

static void
act_pin(struct engine *e)
{
	struct err err = { 0 };
	for (unsigned digit = 1; digit <= 4; digit++)
		if (engine_pin(e, digit, SESSION_PIN, &err) != 0)
			return;
	touch_at(e, SESSION_EV_PIN_ENTER, SESSION_PIN);
}

void
world_act(struct engine *e, enum session_state st, unsigned copies)
{
	switch (st) {
	case SESSION_IDLE:
		touch_at(e, SESSION_EV_START, st);
		return;
	case SESSION_CONSENT:
		touch_at(e, SESSION_EV_CONSENT, st);
		return;
	case SESSION_PIN:
		act_pin(e);
		return;
	case SESSION_TAKE_CARD:
		world_card(false);
		return;
	case SESSION_KIND:
		choose(e, (struct engine_pick){ .at = st, .kind = DOC_JUMINHYO });
		return;
	case SESSION_SCOPE:
		choose(e, (struct engine_pick){ .at = st, .scope = ORDER_PART });
		return;
	case SESSION_PERSONS:
		choose(e, (struct engine_pick){ .at = st, .persons = 5 });
		return;
	case SESSION_OPTIONS:
		choose(e, (struct engine_pick){ .at = st, .options = ORDER_SETAINUSHI });
		return;
	case SESSION_COPIES:
		choose(e, (struct engine_pick){ .at = st, .copies = copies });
		return;
	case SESSION_CONFIRM:
		touch_at(e, SESSION_EV_CONFIRM, st);
		return;
	default:
		return; /* the machine's turn */
	}
}

static const enum session_state way[] = { SESSION_IDLE, SESSION_CONSENT, SESSION_PIN,
	SESSION_TAKE_CARD, SESSION_KIND, SESSION_SCOPE, SESSION_PERSONS, SESSION_OPTIONS,
	SESSION_COPIES, SESSION_CONFIRM };

static void
go_from(struct engine *e, size_t at, enum session_state st, unsigned copies)
{
	for (; at < N_ELEMENTS(way); at++) {
		world_wait(e, way[at]);
		if (way[at] == st)
			return;
		world_act(e, way[at], copies);
	}
	world_wait(e, st);
}

void
world_go(struct engine *e, enum session_state st, unsigned copies)
{
	go_from(e, 0, st, copies);
}

void
world_go_on(struct engine *e, enum session_state st, unsigned copies)
{
	go_from(e, 2, st, copies);
}

unsigned
world_kept_yen(void)
{
	unsigned yen = 0;
	pthread_mutex_lock(&world.mutex);
	for (unsigned i = 0; i < world.till.n; i++)
		yen += world.till.tx[i].kept_yen;
	pthread_mutex_unlock(&world.mutex);
	return yen;
}

void
world_wait_job(struct engine *e)
{
	const int64_t until_ms = clock_mono_ms() + 20000;
	while (world.jobs == 0 && clock_mono_ms() < until_ms)
		(void)engine_wait(e, 1u << 30, 10);
	assert_int_not_equal(world.jobs, 0);
}

void
world_age_journals(int64_t s)
{
	char path[400];
	const time_t then = (time_t)(clock_now_ms() / 1000 - s);
	const struct timespec t[2] = { { .tv_sec = then }, { .tv_sec = then } };
	DIR *d = opendir(world.folder);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		if (e->d_name[0] != '.')
			assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
	}
	closedir(d);
}

void
world_recover(int64_t ms)
{
	if (world.peer.order_payload[0] == '\0')
		world_age_journals(200);
	AUTO(engine) struct engine *e = world_engine(false);
	const int64_t until_ms = clock_mono_ms() + ms;
	while (world_journals(".journal") > 0 && clock_mono_ms() < until_ms)
		(void)engine_wait(e, 1u << 30, 5);
}

void
world_cut_journal(const char *text)
{
	static char all[65536];
	char path[400];
	DIR *d = opendir(world.folder);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		(void)snprintf(path, sizeof(path), "%s/%s", world.folder, e->d_name);
		FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (f == NULL)
			continue;
		all[fread(all, 1, sizeof(all) - 1, f)] = '\0';
		(void)fclose(f);
		const char *at = strstr(all, text);
		assert_non_null(at);
		assert_int_equal(truncate(path, at - all + 1), 0);
	}
	closedir(d);
}

void
world_card(bool in)
{
	pthread_mutex_lock(&world.mutex);
	world.card_in = in;
	pthread_mutex_unlock(&world.mutex);
}

unsigned
world_papers(void)
{
	unsigned n = 0;
	for (size_t i = 0; i < N_ELEMENTS(world.out); i++)
		n += world.out[i];
	return n;
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;
	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

struct world_told
world_told(unsigned copies)
{
	const char *text = world.peer.last_outcome;
	struct world_told t = { .printed = count(text, "\"state\":\"printed\""),
		.void_ = count(text, "\"state\":\"void\""),
		.unsure = count(text, "\"reason\":\"unknown\"") };
	/* an order as a whole is taken back where its numbers were never noted */
	if (count(text, "\"all\":\"") > 0)
		t.void_ = copies;
	return t;
}

const char *
world_disagrees(unsigned copies, unsigned fee_yen)
{
	const struct world_told t = world_told(copies);
	const unsigned paper = world_papers();
	if (world_journals("") != 0)
		return "the journal is not settled";
	if (world_kept_yen() != t.printed * fee_yen)
		return "money is kept for what is not valid, or not for what is";
	if (t.printed > paper)
		return "valid, and no paper";
	/* a sheet that came out and is not valid is one that nobody can vouch for: 要確認 */
	if (paper > t.printed + (world.forgets ? t.unsure : 0))
		return "a paper that is void";
	if (!world.forgets && t.unsure != 0)
		return "unsure, though the printer knows";
	if (world.peer.order_payload[0] != '\0' && t.printed + t.void_ != copies)
		return "a number that was never reported";
	if (world.peer.outcomes > 1 && strcmp(world.first_outcome, world.peer.last_outcome) != 0)
		return "told twice, and not the same";
	for (unsigned i = 0; i < world.till.n; i++)
		if (world.till.tx[i].state != TILL_COMMITTED &&
		    world.till.tx[i].state != TILL_VOIDED)
			return "the till still waits";
	return NULL;
}

const char *
world_status(unsigned copies, char text[64])
{
	const struct world_told t = world_told(copies);
	const char *end = t.printed + t.void_ == 0 ? "nothing ordered"
	    : t.void_ == 0                         ? "発行済"
	    : t.printed == 0                       ? "無効"
						   : "発行済・無効";
	(void)snprintf(text, 64, "%s%s", end, t.unsure > 0 ? " (要確認)" : "");
	return text;
}
