/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/console_pages.h"
#include "http/pages.h"
#include "server/console/console.h"
#include "server/console/imprints.h"
#include "server/console/roster_file.h"
#include "server/issue/koin_png.h"

#include <string.h>

/* ROUTE(id, method, path, right, kind, body, handler, action) */
#define SMALL CONSOLE_BODY_BYTES
#define ROUTES(ROUTE)                                                                              \
	ROUTE(LOGIN, "POST", "/api/login", RIGHT_NONE, AUDIT_LOGIN, SMALL, console_login, "login") \
	ROUTE(LOGOUT, "POST", "/api/logout", RIGHT_LOCKED, AUDIT_LOGIN, SMALL, console_logout,     \
	    "logout")                                                                              \
	ROUTE(REAUTH, "POST", "/api/reauth", RIGHT_LOCKED, AUDIT_LOGIN, SMALL, console_reauth,     \
	    "reauth")                                                                              \
	ROUTE(ME, "GET", "/api/me", RIGHT_SESSION, AUDIT_READ, 0, console_me, "me")                \
	ROUTE(PASSWORD, "POST", "/api/password", RIGHT_SESSION, AUDIT_WRITE, SMALL,                \
	    console_password, "password")                                                          \
	ROUTE(PERSONS, "POST", "/api/persons", RIGHT_PERSON_READ, AUDIT_READ, SMALL,               \
	    console_persons, "person.search")                                                      \
	ROUTE(PERSON, "POST", "/api/person", RIGHT_PERSON_READ, AUDIT_READ, SMALL, console_person, \
	    "person.read")                                                                         \
	ROUTE(STOPS, "GET", "/api/stops", RIGHT_STOP_READ, AUDIT_READ, 0, console_stops,           \
	    "stop.list")                                                                           \
	ROUTE(STOP_SET, "POST", "/api/stops", RIGHT_STOP_SET, AUDIT_WRITE, SMALL,                  \
	    console_stop_set, "stop.set")                                                          \
	ROUTE(STOP_LIFT, "POST", "/api/stops/{id}/lift", RIGHT_STOP_LIFT, AUDIT_WRITE, SMALL,      \
	    console_stop_lift, "stop.lift")                                                        \
	ROUTE(STOP_APPROVE, "POST", "/api/stops/{id}/approve", RIGHT_STOP_APPROVE, AUDIT_WRITE,    \
	    SMALL, console_stop_approve, "stop.approve")                                           \
	ROUTE(STOP_REFUSE, "POST", "/api/stops/{id}/refuse", RIGHT_STOP_APPROVE, AUDIT_WRITE,      \
	    SMALL, console_stop_refuse, "stop.refuse")                                             \
	ROUTE(STATUS, "GET", "/api/status", RIGHT_STATUS_READ, AUDIT_READ, 0, console_status,      \
	    "status.read")                                                                         \
	ROUTE(SERVICE_STOP, "POST", "/api/service/stop", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,    \
	    console_service_stop, "service.stop")                                                  \
	ROUTE(SERVICE_RESUME, "POST", "/api/service/resume", RIGHT_SERVICE_SET, AUDIT_WRITE,       \
	    SMALL, console_service_resume, "service.resume")                                       \
	ROUTE(KIOSKS, "GET", "/api/kiosks", RIGHT_STATUS_READ, AUDIT_READ, 0, console_kiosks,      \
	    "kiosk.list")                                                                          \
	ROUTE(KIOSK_SET, "POST", "/api/kiosks", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,             \
	    console_kiosk_set, "kiosk.set")                                                        \
	ROUTE(KIOSK_REMOVE, "POST", "/api/kiosks/remove", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,   \
	    console_kiosk_remove, "kiosk.remove")                                                  \
	ROUTE(KIOSKS_STOP, "POST", "/api/kiosks/stop", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,      \
	    console_kiosks_stop, "kiosk.stop")                                                     \
	ROUTE(KIOSKS_RESUME, "POST", "/api/kiosks/resume", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,  \
	    console_kiosks_resume, "kiosk.resume")                                                 \
	ROUTE(TERMS, "GET", "/api/terms", RIGHT_STATUS_READ, AUDIT_READ, 0, console_terms,         \
	    "terms.read")                                                                          \
	ROUTE(CLOSURE_SET, "POST", "/api/closures", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,         \
	    console_closure_set, "closure.set")                                                    \
	ROUTE(CLOSURE_END, "POST", "/api/closures/{id}/end", RIGHT_SERVICE_SET, AUDIT_WRITE,       \
	    SMALL, console_closure_end, "closure.end")                                             \
	ROUTE(HOURS_SET, "POST", "/api/hours", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,              \
	    console_hours_set, "hours.set")                                                        \
	ROUTE(HOURS_END, "POST", "/api/hours/{id}/end", RIGHT_SERVICE_SET, AUDIT_WRITE, SMALL,     \
	    console_hours_end, "hours.end")                                                        \
	ROUTE(FEE_SET, "POST", "/api/fees", RIGHT_FEE_SET, AUDIT_WRITE, SMALL, console_fee_set,    \
	    "fee.set")                                                                             \
	ROUTE(FEE_END, "POST", "/api/fees/{id}/end", RIGHT_FEE_SET, AUDIT_WRITE, SMALL,            \
	    console_fee_end, "fee.end")                                                            \
	ROUTE(ISSUES, "GET", "/api/issues", RIGHT_ISSUE_READ, AUDIT_READ, 0, console_issues,       \
	    "issue.list")                                                                          \
	ROUTE(ISSUE_VOID, "POST", "/api/issues/void", RIGHT_ISSUE_VOID, AUDIT_WRITE, SMALL,        \
	    console_issue_void, "issue.void")                                                      \
	ROUTE(CSV_ISSUES, "GET", "/api/csv/issues", RIGHT_ISSUE_READ, AUDIT_READ, 0,               \
	    console_csv_issues, "issue.csv")                                                       \
	ROUTE(REISSUES, "GET", "/api/reissues", RIGHT_REISSUE_READ, AUDIT_READ, 0,                 \
	    console_reissues, "reissue.list")                                                      \
	ROUTE(REISSUE_SET, "POST", "/api/reissues", RIGHT_REISSUE_SET, AUDIT_WRITE, SMALL,         \
	    console_reissue_set, "reissue.set")                                                    \
	ROUTE(REISSUE_APPROVE, "POST", "/api/reissues/{id}/approve", RIGHT_REISSUE_APPROVE,        \
	    AUDIT_WRITE, SMALL, console_reissue_approve, "reissue.approve")                        \
	ROUTE(REISSUE_REFUSE, "POST", "/api/reissues/{id}/refuse", RIGHT_REISSUE_APPROVE,          \
	    AUDIT_WRITE, SMALL, console_reissue_refuse, "reissue.refuse")                          \
	ROUTE(REISSUE_END, "POST", "/api/reissues/{id}/end", RIGHT_REISSUE_SET, AUDIT_WRITE,       \
	    SMALL, console_reissue_end, "reissue.end")                                             \
	ROUTE(STATISTICS, "GET", "/api/statistics", RIGHT_STATISTICS_READ, AUDIT_READ, 0,          \
	    console_statistics, "statistics.read")                                                 \
	ROUTE(STATISTICS_CHART, "GET", "/api/statistics/chart/{by}", RIGHT_STATISTICS_READ,        \
	    AUDIT_READ, 0, console_statistics_chart, "statistics.chart")                           \
	ROUTE(CSV_STATISTICS, "GET", "/api/csv/statistics", RIGHT_STATISTICS_READ, AUDIT_READ, 0,  \
	    console_csv_statistics, "statistics.csv")                                              \
	ROUTE(CSV_STOPS, "GET", "/api/csv/stops", RIGHT_STOP_READ, AUDIT_READ, 0,                  \
	    console_csv_stops, "stop.csv")                                                         \
	ROUTE(PRINTABLE, "GET", "/api/printable", RIGHT_PRINTABLE_READ, AUDIT_READ, 0,             \
	    console_printable, "printable.read")                                                   \
	ROUTE(PRINTABLE_RUN, "POST", "/api/printable", RIGHT_PRINTABLE_READ, AUDIT_READ, SMALL,    \
	    console_printable_run, "printable.run")                                                \
	ROUTE(CSV_PRINTABLE, "GET", "/api/csv/printable", RIGHT_PRINTABLE_READ, AUDIT_READ, 0,     \
	    console_csv_printable, "printable.csv")                                                \
	ROUTE(PREVIEW, "GET", "/api/preview/{kind}", RIGHT_PREVIEW_READ, AUDIT_READ, 0,            \
	    console_preview, "preview")                                                            \
	ROUTE(IMPRINTS, "GET", "/api/imprints", RIGHT_IMPRINT_READ, AUDIT_READ, 0,                 \
	    console_imprints, "imprint.list")                                                      \
	ROUTE(IMPRINT, "GET", "/api/imprints/{id}", RIGHT_IMPRINT_READ, AUDIT_READ, 0,             \
	    console_imprint, "imprint.read")                                                       \
	ROUTE(IMPRINT_KOIN, "GET", "/api/imprints/{id}/koin", RIGHT_IMPRINT_READ, AUDIT_READ, 0,   \
	    console_imprint_koin, "imprint.koin")                                                  \
	ROUTE(IMPRINT_SHEET, "GET", "/api/imprints/{id}/sheets/{kind}", RIGHT_IMPRINT_READ,        \
	    AUDIT_READ, 0, console_imprint_sheet, "imprint.sheet")                                 \
	ROUTE(IMPRINT_PROPOSE, "POST", "/api/imprints", RIGHT_IMPRINT_SET, AUDIT_WRITE,            \
	    IMPRINTS_BODY_BYTES, console_imprint_propose, "imprint.propose")                       \
	ROUTE(IMPRINT_APPROVE, "POST", "/api/imprints/{id}/approve", RIGHT_IMPRINT_APPROVE,        \
	    AUDIT_WRITE, SMALL, console_imprint_approve, "imprint.approve")                        \
	ROUTE(IMPRINT_END, "POST", "/api/imprints/{id}/end", RIGHT_IMPRINT_END, AUDIT_WRITE,       \
	    SMALL, console_imprint_end, "imprint.end")                                             \
	ROUTE(AUDIT, "POST", "/api/audit", RIGHT_AUDIT_READ, AUDIT_READ, SMALL, console_audit,     \
	    "audit.search")                                                                        \
	ROUTE(REPORT, "GET", "/api/audit/report", RIGHT_AUDIT_READ, AUDIT_READ, 0,                 \
	    console_audit_report, "audit.report")                                                  \
	ROUTE(CHECKPOINT, "GET", "/api/audit/checkpoint", RIGHT_AUDIT_READ, AUDIT_READ, 0,         \
	    console_checkpoint, "audit.checkpoint")                                                \
	ROUTE(STAFF, "GET", "/api/staff", RIGHT_STAFF_READ, AUDIT_READ, 0, console_staff,          \
	    "staff.list")                                                                          \
	ROUTE(STAFF_ADD, "POST", "/api/staff", RIGHT_STAFF_WRITE, AUDIT_WRITE, SMALL,              \
	    console_staff_add, "staff.add")                                                        \
	ROUTE(STAFF_GRANT, "POST", "/api/staff/grant", RIGHT_STAFF_WRITE, AUDIT_WRITE, SMALL,      \
	    console_staff_grant, "staff.grant")                                                    \
	ROUTE(STAFF_END, "POST", "/api/staff/end", RIGHT_STAFF_WRITE, AUDIT_WRITE, SMALL,          \
	    console_staff_end, "staff.end")                                                        \
	ROUTE(STAFF_UNLOCK, "POST", "/api/staff/unlock", RIGHT_STAFF_WRITE, AUDIT_WRITE, SMALL,    \
	    console_staff_unlock, "staff.unlock")                                                  \
	ROUTE(STAFF_ROSTER, "POST", "/api/staff/roster", RIGHT_STAFF_READ, AUDIT_READ,             \
	    CONSOLE_ROSTER_BYTES, console_staff_roster, "staff.roster")

enum {
#define ROUTE(id, ...) AT_##id,
	ROUTES(ROUTE)
#undef ROUTE
};
const struct console_route console_table[] = {
#define ROUTE(id, method_, path_, right_, kind_, body_, handle_, action_)                          \
	{ .method = method_,                                                                       \
		.path = path_,                                                                     \
		.action = action_,                                                                 \
		.right = right_,                                                                   \
		.kind = kind_,                                                                     \
		.body_bytes = body_,                                                               \
		.handle = handle_ },
	ROUTES(ROUTE)
#undef ROUTE
	    { 0 },
};

/* One entry a route: the HTTP server hands over no more than the request. */
#define ROUTE(id, ...)                                                                             \
	static int enter_##id(struct http_req *req, struct http_res *res, struct err *err)         \
	{                                                                                          \
		return console_enter(req, res, &console_table[AT_##id], err);                      \
	}
ROUTES(ROUTE)
#undef ROUTE

static const struct http_outcome outcomes[] = {
	{ CONSOLE_E_SESSION, 401, "session-over" },
	{ CONSOLE_E_LOCKED, 401, "session-locked" },
	{ CONSOLE_E_LOGIN, 401, "login-refused" },
	{ CONSOLE_E_RIGHT, 403, "right-missing" },
	{ CONSOLE_E_CSRF, 403, "csrf-refused" },
	{ CONSOLE_E_UNKNOWN, 404, "not-found" },
	{ CONSOLE_E_SAME, 409, "same-person" },
	{ CONSOLE_E_STATE, 409, "changed-meanwhile" },
	{ CONSOLE_E_EXISTS, 409, "exists" },
	{ CONSOLE_E_WEAK, 422, "password-weak" },
	{ CONSOLE_E_TERMINAL, 403, "terminal-refused" },
	{ CONSOLE_E_BUSY, 503, "busy" },
	{ CONSOLE_E_NO_ROLE, 422, "role-or-day" },
	{ CONSOLE_E_PERIOD, 422, "period-refused" },
	{ CONSOLE_E_TOO_MANY, 422, "too-many" },
	{ CONSOLE_E_NEVER_OPEN, 422, "never-open" },
	{ CONSOLE_E_TEXT, 422, "imprint-text" },
	{ CONSOLE_E_GLYPH, 422, "imprint-glyph" },
	{ CONSOLE_E_OVERFLOW, 422, "imprint-overflow" },
	{ CONSOLE_E_NOTHING, 422, "imprint-same" },
	{ CONSOLE_E_PLANNED, 409, "imprint-planned" },
	{ CONSOLE_E_KOIN_BYTES, 422, "koin-bytes" },
	{ CONSOLE_E_KOIN + KOIN_E_FORMAT - KOIN_E_FORMAT, 422, "koin-format" },
	{ CONSOLE_E_KOIN + KOIN_E_SIZE - KOIN_E_FORMAT, 422, "koin-size" },
	{ CONSOLE_E_KOIN + KOIN_E_DPI - KOIN_E_FORMAT, 422, "koin-dpi" },
	{ CONSOLE_E_KOIN + KOIN_E_COLOUR - KOIN_E_FORMAT, 422, "koin-colour" },
	{ CONSOLE_E_KOIN + KOIN_E_BLANK - KOIN_E_FORMAT, 422, "koin-blank" },
	{ ROSTER_E_EMPTY, 422, "roster-empty" },
	{ ROSTER_E_ID, 422, "roster-id" },
	{ ROSTER_E_TWICE, 422, "roster-twice" },
	{ ROSTER_E_LONG, 422, "roster-long" },
	{ ROSTER_E_TOO_MANY, 422, "roster-too-many" },
	{ ROSTER_E_QUOTE, 422, "roster-quote" },
	{ 0 },
};

static int
page_get(struct http_req *req, struct http_res *res, struct err *err)
{
	if (!console_is_terminal(req->app, &req->peer))
		return CONSOLE_E_TERMINAL;
	return http_page_answer(console_pages, req->path, res)
	    ? 0
	    : err_raise(err, FAULT_INTERNAL, "page", 0);
}

#define PAGE(path_)                                                                                \
	{                                                                                          \
		.method = "GET", .path = path_, .roles = "terminal", .handle = page_get,           \
		.outcomes = outcomes                                                               \
	}
static const struct http_route routes[] = {
#define ROUTE(id, method_, path_, right_, kind_, body_, handle_, action_)                          \
	{ .method = method_,                                                                       \
		.path = path_,                                                                     \
		.roles = "terminal",                                                               \
		.max_body_bytes = body_,                                                           \
		.handle = enter_##id,                                                              \
		.outcomes = outcomes },
	ROUTES(ROUTE)
#undef ROUTE
	    PAGE("/"),
	PAGE("/console.css"),
	PAGE("/console.js"),
	PAGE("/parts.js"),
	PAGE("/views.js"),
	PAGE("/icon.svg"),
	PAGE("/terms.js"),
	PAGE("/statistics.js"),
	PAGE("/printable.js"),
	PAGE("/reissues.js"),
	PAGE("/kiosks.js"),
	PAGE("/imprints.js"),
	PAGE("/office.js"),
};

const struct http_route *
console_routes(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(routes);
	return routes;
}
