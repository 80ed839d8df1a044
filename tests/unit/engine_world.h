/* SPDX-License-Identifier: Apache-2.0 */
/* engine_world - a card, a center, a printer and a till for an engine, all of them misbehaving on
 * demand. */
#pragma once
#include "tests/unit/kiosk_peer.h"
#include "tests/world/pay/till.h"

#include "kiosk/app/engine.h"

#include <pthread.h>

enum { WORLD_PAGE_BYTES = 4096, WORLD_MAX_JOBS = 64 };
enum world_print { WORLD_PRINTS, WORLD_JAMS, WORLD_ABORTS, WORLD_HANGS, WORLD_BUSY, WORLD_OFFLINE };

struct world {
	pthread_mutex_t mutex;
	char folder[64];
	struct peer peer;
	/* the card */
	bool card_in;
	bool cancelled;
	unsigned tries;
	bool telephone;    /* it is one: the certificate comes after the PIN */
	unsigned verified; /* PINs the card saw */
	/* the center: a path that is refused with this code, or away for good */
	const char *refuse_path;
	const char *refuse_code;
	unsigned refusals_left;
	bool center_away;
	const char *lose_path; /* is done, and its answer lost on the way back */
	bool swap_answer;      /* the answer of another session */
	unsigned asked;
	/* the printer */
	enum world_print print;
	enum print_state printer;
	unsigned abort_from_job; /* jobs from this one on abort */
	int jobs;
	bool canceled;
	size_t printed_bytes;
	uint8_t printed[4 * PEER_PDF_BYTES];
	char job_name[64];
	char job_names[WORLD_MAX_JOBS][64]; /* of job i + 1, as the printer remembers them */
	bool forgets;                       /* has been switched off since: knows no job */
	unsigned found;                     /* questions for a name */
	bool out[WORLD_MAX_JOBS];           /* all sheets of job i + 1 lie in the tray */
	unsigned jam_polls;                 /* a jam ends after so many questions; 0 = it stays */
	bool jam_gives_up;                  /* and the job with it */
	struct till till;
	bool till_away;
	unsigned waits_percent;
	struct engine_hall hall; /* of the kiosk; all zero: none */
	/* where a kiosk of its own process is killed: before or after its n-th step; 0 = nowhere */
	unsigned kill_at;
	unsigned steps;
	const char *step_name;
	bool step_is_after;
	bool struck;              /* what a test was to do at a state is done */
	unsigned away_from_ask;   /* the center is away from its n-th request on; 0 = never */
	char first_outcome[4096]; /* as told first */
} __attribute__((aligned(WORLD_PAGE_BYTES))); /* pages of its own: power_test shares them */
extern struct world world;

/* Called at each thing done to the outside, from the engine's thread; NULL = nothing. */
extern void (*world_look)(void);
/* Where the engine's requests go; at the start world_center_ask. */
extern int (*world_center)(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err);
/* Gives another answer to an order in place of the true one; NULL = the true one. */
extern const char *(*world_bend_answer)(const char *answer);
int world_center_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err);
/* Gives the world memory of its own that all processes forked from here on share. */
void world_share(void);
/* After a process that shared it was killed, maybe in mid-step. */
void world_revive(void);
/* One thing done to the outside begins or is over: here the power may go. */
void world_step(const char *name, bool after);
void world_begin(void);
void world_end(void);
struct ports world_ports(void);
struct engine *world_engine(bool card_may_stay);
/* Waits until the engine shows @st; fails the test after five seconds. */
void world_wait(struct engine *e, enum session_state st);
void world_touch(struct engine *e, enum session_event ev);
void world_pin(struct engine *e, const char *digits);
/* What the resident does on that screen; nothing when it is no longer shown. */
void world_act(struct engine *e, enum session_state st, unsigned copies);
/* From 待受 to @st, two copies of 住民票 of the household. */
void world_go(struct engine *e, enum session_state st, unsigned copies);
/* The same from the PIN on. */
void world_go_on(struct engine *e, enum session_state st, unsigned copies);
/* Waits until the printer has its first job. */
void world_wait_job(struct engine *e);
/*
 * Another start of the same kiosk: waits until nothing of the journal is left, or
 * @ms are over. An order that never arrived is some minutes old by then.
 */
void world_recover(int64_t ms);
/* The journal's files as if written @s seconds earlier. */
void world_age_journals(int64_t s);
/* Cuts the journal's files where @text begins, as if that had not been written. */
void world_cut_journal(const char *text);
unsigned world_journals(const char *suffix);
unsigned world_kept_yen(void);
/* Copies that lie in the tray. */
unsigned world_papers(void);
/* What the center was told. */
struct world_told {
	unsigned printed;
	unsigned void_;
	unsigned unsure; /* of these: 要確認 */
};
struct world_told world_told(unsigned copies);
/*
 * What of money, paper and the status does not agree, once all is settled,
 * for orders of @copies at @fee_yen each; NULL when all does.
 */
const char *world_disagrees(unsigned copies, unsigned fee_yen);
/* "nothing ordered", "発行済", "無効", "発行済・無効", and " (要確認)". */
const char *world_status(unsigned copies, char text[64]);
/* The card is put down or taken away. */
void world_card(bool in);
