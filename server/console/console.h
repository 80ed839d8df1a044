/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console - the pages of one municipality's staff: one process a municipality,
 * with its database role and data key and no other's. Each request is one
 * transaction: session, right, the work, its row in the audit, commit; without
 * the audit's row nothing is done and nothing is shown. docs/CONSOLE.md.
 */
#pragma once
#include "db/db.h"
#include "domain/profile.h"
#include "domain/search.h"
#include "domain/vault.h"
#include "server/seal/ring.h"
#include "http/server.h"
#include "server/audit/audit.h"
#include "server/console/rights.h"
#include "server/console/staff.h"
#include "server/issue/warm.h"
#include "server/server_conf.h"
#include "wire/js.h"

enum {
	CONSOLE_E_SESSION = 2401, /* nobody is logged in (any more) */
	CONSOLE_E_LOCKED = 2402,  /* too long at rest: password and code again */
	CONSOLE_E_LOGIN = 2403,   /* never why */
	CONSOLE_E_RIGHT = 2404,
	CONSOLE_E_CSRF = 2405, /* not sent by our page */
	CONSOLE_E_UNKNOWN = 2406,
	CONSOLE_E_SAME = 2407,  /* the second person must be another one */
	CONSOLE_E_STATE = 2408, /* it is not as the page showed it any more */
	CONSOLE_E_EXISTS = 2409,
	CONSOLE_E_WEAK = 2410,
	CONSOLE_E_TERMINAL = 2411, /* another municipality's, or none */
	CONSOLE_E_BUSY = 2412,
	CONSOLE_E_NO_ROLE = 2413,
	CONSOLE_E_PERIOD = 2414, /* past, too far ahead, too long, or ends before it begins */
	CONSOLE_E_TOO_MANY = 2415,
	CONSOLE_E_NEVER_OPEN = 2416,
	CONSOLE_E_TEXT = 2417,       /* of an imprint: too long, empty, not clean */
	CONSOLE_E_GLYPH = 2418,      /* a character that no font has */
	CONSOLE_E_OVERFLOW = 2419,   /* does not fit its place on the paper */
	CONSOLE_E_NOTHING = 2420,    /* nothing would change */
	CONSOLE_E_PLANNED = 2421,    /* something is planned for later: withdraw that first */
	CONSOLE_E_KOIN_BYTES = 2422, /* the file is over its limit */
	CONSOLE_E_KOIN = 2423,       /* .. 2427: KOIN_E_FORMAT and the others, in their order */
};
enum {
	CONSOLE_BODY_BYTES = 16 * 1024,
	CONSOLE_ROSTER_BYTES = 512 * 1024,
	CONSOLE_TEXT_BYTES = 400,
	CONSOLE_MAX_LIST = 500,
	CONSOLE_MAX_FOUND = 50,
	CONSOLE_MAX_SUBJECTS = CONSOLE_MAX_LIST,
	CONSOLE_DB_WAIT_MS = 2000,
	CONSOLE_TRIES = 3,
	CONSOLE_RES_BYTES = 4 * 1024 * 1024,
	CONSOLE_SEEN_MS = 1000,
	CONSOLE_THREADS = 8,
};

struct console_survey; /* survey.h: looks for what cannot be printed */
struct console {
	const struct server_conf *conf;
	const struct server_muni_conf *section;
	const struct profile *profile;
	struct muni_code muni;
	struct vault vault;
	struct ring ring; /* what the vault is made of */
	struct db_pool *db;
	struct warm warm;
	struct console_survey *survey;
};

struct ask;
/* A route, what it takes, and what the audit calls it. */
struct console_route {
	const char *method, *path;
	const char *action;
	unsigned right; /* RIGHT_* */
	enum audit_kind kind;
	size_t body_bytes;
	int (*handle)(struct ask *q, struct err *err);
};
/* One request on its way. */
struct ask {
	struct console *c;
	struct http_req *req;
	struct http_res *res;
	struct arena *a;
	struct db *db; /* inside a transaction */
	const struct console_route *route;
	int64_t now_ms;
	const char *user, *name, *roles; /* who is logged in; NULL = nobody */
	unsigned rights;
	const char *cookie;
	uint8_t session[32];
	json_t *body;      /* of a POST, an object */
	json_t *out;       /* the answer; a handler that sets res->body leaves it empty */
	json_t *detail;    /* for the audit */
	const char *actor; /* for the audit, when nobody is logged in */
	unsigned n_subjects;
	uint8_t (*subjects)[16];
	bool keep; /* commit although it is refused: a try that counts */
};

/* One of this municipality's own terminals? */
bool console_is_terminal(const struct console *c, const struct http_peer *peer);
/* Every route's entry; the table of them is in routes.c. */
MUST_USE int console_enter(
    struct http_req *req, struct http_res *res, const struct console_route *route, struct err *err);
/* For http_server_start(); app is the struct console. */
const struct http_route *console_routes(size_t *ret_n);
/* Ends with a NULL path. */
extern const struct console_route console_table[];

/* Whose data it is about: once each in the audit. */
void ask_subject(struct ask *q, const uint8_t subject[16]);
/* Members of the body. 0 or FAULT_BAD_INPUT. */
MUST_USE int ask_members(struct ask *q, const char *const *names, struct err *err);
/* Clean text, CONSOLE_TEXT_BYTES at most, not empty unless @may_be_empty. */
MUST_USE int ask_text(
    struct ask *q, const char *key, bool may_be_empty, const char **ret, struct err *err);
MUST_USE int ask_kinds(struct ask *q, unsigned *ret, struct err *err);
/* "2026-11-21", the day's first instant in Japan. 0 or FAULT_BAD_INPUT. */
MUST_USE int ask_day(const char *text, int64_t *ret_ms, struct err *err);
json_t *kinds_list(unsigned kinds);
/* A bytea of exactly 16 bytes, copied. */
MUST_USE int column16(
    const struct db_rows *rows, size_t row, unsigned col, uint8_t ret[16], struct err *err);
/* A resident's newest row, opened; columns @col (履歴番号) and @col + 1 (sealed). */
MUST_USE int ask_resident(struct ask *q, const struct db_rows *rows, size_t row, unsigned col,
    const uint8_t ref[16], struct resident *ret, struct err *err);

/* sessions.c */
MUST_USE int session_enter(struct ask *q, struct err *err);
void session_csrf(const char *cookie, char ret[65]);
int console_login(struct ask *q, struct err *err);
int console_logout(struct ask *q, struct err *err);
int console_me(struct ask *q, struct err *err);
int console_reauth(struct ask *q, struct err *err);
int console_password(struct ask *q, struct err *err);
/* persons.c */
int console_persons(struct ask *q, struct err *err);
int console_person(struct ask *q, struct err *err);
/* stops.c */
int console_stops(struct ask *q, struct err *err);
int console_stop_set(struct ask *q, struct err *err);
int console_stop_lift(struct ask *q, struct err *err);
int console_stop_approve(struct ask *q, struct err *err);
int console_stop_refuse(struct ask *q, struct err *err);
MUST_USE int stops_describe(
    struct ask *q, const struct db_rows *rows, bool with_names, json_t *list, struct err *err);
/* service.c */
int console_status(struct ask *q, struct err *err);
int console_service_stop(struct ask *q, struct err *err);
int console_service_resume(struct ask *q, struct err *err);
/* imprints.c */
int console_imprints(struct ask *q, struct err *err);
int console_imprint(struct ask *q, struct err *err);
int console_imprint_koin(struct ask *q, struct err *err);
int console_imprint_sheet(struct ask *q, struct err *err);
int console_imprint_propose(struct ask *q, struct err *err);
int console_imprint_approve(struct ask *q, struct err *err);
int console_imprint_end(struct ask *q, struct err *err);
int console_preview(struct ask *q, struct err *err);
/* kiosks.c */
int console_kiosks(struct ask *q, struct err *err);
int console_kiosk_set(struct ask *q, struct err *err);
int console_kiosk_remove(struct ask *q, struct err *err);
int console_kiosks_stop(struct ask *q, struct err *err);
int console_kiosks_resume(struct ask *q, struct err *err);
/* terms.c */
int console_terms(struct ask *q, struct err *err);
int console_closure_set(struct ask *q, struct err *err);
int console_closure_end(struct ask *q, struct err *err);
int console_hours_set(struct ask *q, struct err *err);
int console_hours_end(struct ask *q, struct err *err);
int console_fee_set(struct ask *q, struct err *err);
int console_fee_end(struct ask *q, struct err *err);
/* issues.c */
int console_issues(struct ask *q, struct err *err);
int console_issue_void(struct ask *q, struct err *err);
int console_csv_issues(struct ask *q, struct err *err);
int console_csv_stops(struct ask *q, struct err *err);
/* reissues.c */
int console_reissues(struct ask *q, struct err *err);
int console_reissue_set(struct ask *q, struct err *err);
int console_reissue_approve(struct ask *q, struct err *err);
int console_reissue_refuse(struct ask *q, struct err *err);
int console_reissue_end(struct ask *q, struct err *err);
/* statistics.c */
int console_statistics(struct ask *q, struct err *err);
int console_statistics_chart(struct ask *q, struct err *err);
int console_csv_statistics(struct ask *q, struct err *err);
/* printables.c */
int console_printable(struct ask *q, struct err *err);
int console_printable_run(struct ask *q, struct err *err);
int console_csv_printable(struct ask *q, struct err *err);
/* review.c */
int console_audit(struct ask *q, struct err *err);
int console_audit_report(struct ask *q, struct err *err);
int console_checkpoint(struct ask *q, struct err *err);
/* roster.c */
int console_staff(struct ask *q, struct err *err);
int console_staff_add(struct ask *q, struct err *err);
int console_staff_grant(struct ask *q, struct err *err);
int console_staff_end(struct ask *q, struct err *err);
int console_staff_unlock(struct ask *q, struct err *err);
int console_staff_roster(struct ask *q, struct err *err);

/* csv.c: UTF-8 with BOM, CRLF, for Excel; a cell that begins like a formula is made text. */
void csv_begin(struct buf *b, const char *const *head, size_t n); /* and the row of @n titles */
void csv_cell(struct buf *b, const char *text);
void csv_end_row(struct buf *b);
MUST_USE int csv_answer(struct ask *q, struct buf *b, const char *name, struct err *err);
