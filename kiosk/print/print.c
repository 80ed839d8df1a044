/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/print/print.h"

#include "base/mem.h"
#include "pki/hash.h"

#include <cups/cups.h>
#include <string.h>

enum { PRINT_WRITE_BYTES = 64 * 1024 };
static const char PRINT_USER[] = "kiosk";
static const char PRINT_MEDIA[] = "iso_a4_210x297mm";

struct print_printer {
	char uri[PRINT_URI_MAX + 1]; /* as the printer calls itself: ipp or ipps */
	char host[PRINT_URI_MAX + 1];
	char resource[PRINT_URI_MAX + 1];
	int port;
	bool tls;
	uint8_t pin[PRINT_PIN_BYTES];
	http_t *http; /* during one call */
};

static const char *const WANTED_PRINTER[] = { "printer-state", "printer-state-reasons",
	"printer-is-accepting-jobs" };
static const char *const WANTED_ABILITIES[] = { "document-format-supported", "media-supported",
	"print-scaling-supported", "sides-supported" };
static const char *const WANTED_UP[] = { "printer-up-time" };
static const char *const WANTED_LIST[] = { "job-id", "job-name", "job-state" };
static const char *const WANTED_JOB[] = { "job-state", "job-impressions-completed" };

void
print_printer_free(struct print_printer *p)
{
	if (p == NULL)
		return;
	httpClose(p->http);
	mem_free(p);
}

int
print_open(const char *uri, const uint8_t *pin, struct print_printer **ret, struct err *err)
{
	char scheme[8], user[8];
	struct print_printer *p = mem_zero(sizeof(*p));
	size_t n = strlen(uri);
	bool ok = n <= PRINT_URI_MAX &&
	    httpSeparateURI(HTTP_URI_CODING_ALL, uri, scheme, sizeof(scheme), user, sizeof(user),
		p->host, sizeof(p->host), &p->port, p->resource,
		sizeof(p->resource)) == HTTP_URI_STATUS_OK &&
	    user[0] == '\0';
	if (ok) {
		p->tls = strcmp(scheme, "ipps") == 0;
		ok = (p->tls || strcmp(scheme, "ipp") == 0) && p->tls == (pin != NULL);
	}
	if (!ok) {
		mem_free(p);
		return err_raise(err, FAULT_CONFIG, "printer's address or pin", (long)n);
	}
	memcpy(p->uri, uri, n);
	if (pin != NULL)
		memcpy(p->pin, pin, sizeof(p->pin));
	*ret = p;
	return 0;
}

static void
print_hang_up(struct print_printer *p)
{
	httpClose(p->http);
	p->http = NULL;
}

/* Printers sign their own certificates, so the one that was seen at installation is the trust. */
static bool
print_is_pinned(struct print_printer *p)
{
	cups_array_t *chain = NULL;
	uint8_t hash[SHA256_BYTES] = { 0 };
	bool same = false;
	if (httpCopyCredentials(p->http, &chain) == 0) {
		const http_credential_t *leaf = cupsArrayFirst(chain);
		if (leaf != NULL) {
			sha256(leaf->data, leaf->datalen, hash);
			same = mem_equal(hash, p->pin, sizeof(hash));
		}
	}
	httpFreeCredentials(chain);
	return same;
}

/* A connection for each call: calls are seconds apart, and a printer may have slept meanwhile. */
static int
print_connect(struct print_printer *p, struct err *err)
{
	print_hang_up(p);
	p->http = httpConnect2(p->host, p->port, NULL, AF_UNSPEC,
	    p->tls ? HTTP_ENCRYPTION_ALWAYS : HTTP_ENCRYPTION_NEVER, 1,
	    PRINT_NETWORK_TIMEOUT_S * 1000, NULL);
	if (p->http == NULL)
		return PRINT_E_OFFLINE;
	httpSetTimeout(p->http, PRINT_NETWORK_TIMEOUT_S, NULL, NULL);
	if (p->tls && !print_is_pinned(p)) {
		print_hang_up(p);
		return err_raise(err, FAULT_INTEGRITY, "not the pinned printer", 0);
	}
	return 0;
}

static ipp_t *
print_request(const struct print_printer *p, ipp_op_t op)
{
	ipp_t *req = ippNewRequest(op);
	ippAddString(req, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, p->uri);
	return req;
}

static void
print_add_user(ipp_t *req)
{
	ippAddString(
	    req, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, PRINT_USER);
}

static int
print_status_outcome(ipp_status_t status)
{
	switch (status) {
	case IPP_STATUS_OK:
		return 0;
	case IPP_STATUS_ERROR_BUSY:
	case IPP_STATUS_ERROR_TOO_MANY_JOBS:
	case IPP_STATUS_ERROR_TEMPORARY:
		return PRINT_E_BUSY;
	case IPP_STATUS_ERROR_NOT_ACCEPTING_JOBS:
	case IPP_STATUS_ERROR_DEVICE:
		return PRINT_E_NOT_READY;
	case IPP_STATUS_ERROR_NOT_FOUND:
	case IPP_STATUS_ERROR_GONE:
		return PRINT_E_NO_JOB;
	default: /* also "ok, but ignored or changed something": that is not what was asked */
		return PRINT_E_REFUSED;
	}
}

/* One request without a document. *ret is the answer when 0 is returned; ippDelete it. */
static int
print_ask(struct print_printer *p, ipp_t *req, ipp_t **ret)
{
	ipp_t *answer = cupsDoRequest(p->http, req, p->resource);
	if (answer == NULL)
		return PRINT_E_OFFLINE;
	int o = print_status_outcome(ippGetStatusCode(answer));
	if (o != 0) {
		ippDelete(answer);
		return o;
	}
	*ret = answer;
	return 0;
}

/* Attributes of the printer. "Ignored some" is no matter here: what is missing is seen. */
static int
print_get_printer(
    struct print_printer *p, const char *const *wanted, int n, ipp_t **ret, struct err *err)
{
	int o = print_connect(p, err);
	if (o != 0)
		return o;
	ipp_t *req = print_request(p, IPP_OP_GET_PRINTER_ATTRIBUTES);
	print_add_user(req);
	ippAddStrings(
	    req, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", n, NULL, wanted);
	ipp_t *answer = cupsDoRequest(p->http, req, p->resource);
	print_hang_up(p);
	if (answer == NULL || ippGetStatusCode(answer) > IPP_STATUS_OK_CONFLICTING) {
		ippDelete(answer);
		return PRINT_E_OFFLINE;
	}
	*ret = answer;
	return 0;
}

static bool
print_has(ipp_t *answer, const char *name, const char *value)
{
	ipp_attribute_t *attr = ippFindAttribute(answer, name, IPP_TAG_ZERO);
	return attr != NULL && ippContainsString(attr, value) != 0;
}

int
print_check_abilities(struct print_printer *p, struct err *err)
{
	ipp_t *answer = NULL;
	int o = print_get_printer(p, WANTED_ABILITIES, N_ELEMENTS(WANTED_ABILITIES), &answer, err);
	if (o != 0)
		return err_trace(err, o, "abilities");
	bool able = print_has(answer, "document-format-supported", "application/pdf") &&
	    print_has(answer, "media-supported", PRINT_MEDIA) &&
	    print_has(answer, "print-scaling-supported", "none") &&
	    print_has(answer, "sides-supported", "two-sided-long-edge");
	ippDelete(answer);
	return able ? 0 : PRINT_E_REFUSED;
}

/* The worst that the printer says: the enum is in that order. */
static enum print_state
print_read_state(ipp_t *answer)
{
	enum print_state worst = PRINT_READY;
	ipp_attribute_t *state = ippFindAttribute(answer, "printer-state", IPP_TAG_ENUM);
	ipp_attribute_t *why = ippFindAttribute(answer, "printer-state-reasons", IPP_TAG_KEYWORD);
	ipp_attribute_t *accepts =
	    ippFindAttribute(answer, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
	int is = ippGetInteger(state, 0);
	if (is == IPP_PSTATE_PROCESSING)
		worst = PRINT_BUSY;
	else if (is != IPP_PSTATE_IDLE) /* stopped, or no state at all */
		worst = PRINT_STOPPED;
	if (accepts != NULL && !ippGetBoolean(accepts, 0))
		worst = PRINT_STOPPED;
	for (int i = 0; i < ippGetCount(why); i++) {
		const char *reason = ippGetString(why, i, NULL);
		enum print_state s = reason ? print_reason_state(reason) : PRINT_READY;
		if (s > worst)
			worst = s;
	}
	return worst;
}

int
print_check(struct print_printer *p, enum print_state *ret, struct err *err)
{
	ipp_t *answer = NULL;
	int o = print_get_printer(p, WANTED_PRINTER, N_ELEMENTS(WANTED_PRINTER), &answer, err);
	if (o != 0)
		return err_trace(err, o, "check");
	*ret = print_read_state(answer);
	ippDelete(answer);
	return 0;
}

static bool
print_doc_is_legal(const struct print_doc *doc)
{
	size_t n = strlen(doc->job_name);
	if (n == 0 || n > PRINT_JOB_NAME_MAX || doc->pdf == NULL || doc->bytes == 0 ||
	    doc->bytes > PRINT_PDF_MAX_BYTES)
		return false;
	for (size_t i = 0; i < n; i++) /* an issue number; a name would not fit in here */
		if (doc->job_name[i] < '!' || doc->job_name[i] > '~')
			return false;
	return true;
}

static ipp_t *
print_create_request(const struct print_printer *p, const struct print_doc *doc)
{
	ipp_t *req = print_request(p, IPP_OP_CREATE_JOB);
	print_add_user(req);
	ippAddString(req, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, doc->job_name);
	ippAddBoolean(req, IPP_TAG_OPERATION, "ipp-attribute-fidelity", 1);
	ippAddInteger(req, IPP_TAG_JOB, IPP_TAG_INTEGER, "copies", 1);
	ippAddString(req, IPP_TAG_JOB, IPP_TAG_KEYWORD, "media", NULL, PRINT_MEDIA);
	ippAddString(req, IPP_TAG_JOB, IPP_TAG_KEYWORD, "print-scaling", NULL, "none");
	ippAddString(req, IPP_TAG_JOB, IPP_TAG_KEYWORD, "sides", NULL,
	    doc->duplex ? "two-sided-long-edge" : "one-sided");
	return req;
}

static int
print_create(struct print_printer *p, const struct print_doc *doc, int *ret_job)
{
	ipp_t *answer = cupsDoRequest(p->http, print_create_request(p, doc), p->resource);
	if (answer == NULL)
		return PRINT_E_OFFLINE; /* a job without a document prints nothing */
	int o = print_status_outcome(ippGetStatusCode(answer));
	int job = ippGetInteger(ippFindAttribute(answer, "job-id", IPP_TAG_INTEGER), 0);
	ippDelete(answer);
	if (o == 0 && job <= 0)
		o = PRINT_E_REFUSED;
	if (job > 0)
		*ret_job = job;
	return o == PRINT_E_NO_JOB ? PRINT_E_REFUSED : o; /* no such printer at that address */
}

static ipp_t *
print_job_request(const struct print_printer *p, ipp_op_t op, int job)
{
	ipp_t *req = print_request(p, op);
	ippAddInteger(req, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", job);
	print_add_user(req);
	return req;
}

static int
print_write(struct print_printer *p, const struct print_doc *doc)
{
	for (size_t at = 0; at < doc->bytes;) {
		size_t n =
		    doc->bytes - at < PRINT_WRITE_BYTES ? doc->bytes - at : PRINT_WRITE_BYTES;
		if (cupsWriteRequestData(p->http, (const char *)doc->pdf + at, n) !=
		    HTTP_STATUS_CONTINUE)
			return PRINT_E_UNSURE;
		at += n;
	}
	return 0;
}

/* After the first byte has gone, silence says nothing about what the printer will do. */
static int
print_send_document(struct print_printer *p, const struct print_doc *doc, int job)
{
	ipp_t *req = print_job_request(p, IPP_OP_SEND_DOCUMENT, job);
	ippAddString(
	    req, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", NULL, "application/pdf");
	ippAddBoolean(req, IPP_TAG_OPERATION, "last-document", 1);
	http_status_t begun =
	    cupsSendRequest(p->http, req, p->resource, ippLength(req) + doc->bytes);
	ippDelete(req);
	if (begun != HTTP_STATUS_CONTINUE)
		return PRINT_E_OFFLINE;
	/* A printer that refuses early closes its end: its answer is read all the same. */
	int o = print_write(p, doc);
	ipp_t *answer = cupsGetResponse(p->http, p->resource);
	if (answer == NULL)
		return PRINT_E_UNSURE;
	if (o == 0 || ippGetStatusCode(answer) > IPP_STATUS_OK_CONFLICTING)
		o = print_status_outcome(ippGetStatusCode(answer));
	ippDelete(answer);
	return o == PRINT_E_NO_JOB ? PRINT_E_UNSURE : o;
}

/* A job of ours must not lie around with half a document. Best effort: the printer times it out. */
static void
print_drop(struct print_printer *p, int job)
{
	struct err own = { 0 };
	int o = print_cancel(p, job, &own);
	(void)o;
}

int
print_send(struct print_printer *p, const struct print_doc *doc, int *ret_job, struct err *err)
{
	int job = 0;
	if (!print_doc_is_legal(doc))
		return err_raise(err, FAULT_BAD_INPUT, "document", (long)doc->bytes);
	int o = print_connect(p, err);
	if (o != 0)
		return err_trace(err, o, "send");
	o = print_create(p, doc, &job);
	if (o == 0)
		o = print_send_document(p, doc, job);
	print_hang_up(p);
	if (o == 0 || o == PRINT_E_UNSURE)
		*ret_job = job;
	else if (job > 0)
		print_drop(p, job);
	return o;
}

/* RFC 8011 5.3.7. */
static int
print_job_state(int ipp, enum print_job_state *ret, struct err *err)
{
	switch (ipp) {
	case IPP_JSTATE_PENDING:
	case IPP_JSTATE_HELD:
		*ret = PRINT_JOB_WAITING;
		return 0;
	case IPP_JSTATE_PROCESSING:
		*ret = PRINT_JOB_PRINTING;
		return 0;
	case IPP_JSTATE_STOPPED:
		*ret = PRINT_JOB_STOPPED;
		return 0;
	case IPP_JSTATE_CANCELED:
		*ret = PRINT_JOB_CANCELED;
		return 0;
	case IPP_JSTATE_ABORTED:
		*ret = PRINT_JOB_ABORTED;
		return 0;
	case IPP_JSTATE_COMPLETED:
		*ret = PRINT_JOB_COMPLETED;
		return 0;
	default:
		return err_raise(err, FAULT_BAD_INPUT, "job-state", ipp);
	}
}

static int
print_read_job(ipp_t *answer, struct print_status *ret, struct err *err)
{
	ipp_attribute_t *state = ippFindAttribute(answer, "job-state", IPP_TAG_ENUM);
	ipp_attribute_t *out =
	    ippFindAttribute(answer, "job-impressions-completed", IPP_TAG_INTEGER);
	int sides = out == NULL ? 0 : ippGetInteger(out, 0);
	ret->sides_out = sides < 0 ? 0 : (unsigned)sides;
	return print_job_state(ippGetInteger(state, 0), &ret->job, err);
}

int
print_poll(struct print_printer *p, int job, struct print_status *ret, struct err *err)
{
	struct print_status now = { 0 };
	ipp_t *answer = NULL;
	int o = print_check(p, &now.printer, err);
	if (o == 0)
		o = print_connect(p, err);
	if (o != 0)
		return err_trace(err, o, "poll");
	ipp_t *req = print_job_request(p, IPP_OP_GET_JOB_ATTRIBUTES, job);
	ippAddStrings(req, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
	    N_ELEMENTS(WANTED_JOB), NULL, WANTED_JOB);
	o = print_ask(p, req, &answer);
	print_hang_up(p);
	if (o != 0)
		return o == PRINT_E_NO_JOB ? o : PRINT_E_OFFLINE;
	o = print_read_job(answer, &now, err);
	ippDelete(answer);
	if (o != 0)
		return err_trace(err, o, "poll");
	*ret = now;
	return 0;
}

int
print_cancel(struct print_printer *p, int job, struct err *err)
{
	int o = print_connect(p, err);
	if (o != 0)
		return err_trace(err, o, "cancel");
	ipp_t *answer =
	    cupsDoRequest(p->http, print_job_request(p, IPP_OP_CANCEL_JOB, job), p->resource);
	print_hang_up(p);
	if (answer == NULL)
		return PRINT_E_OFFLINE;
	ipp_status_t status = ippGetStatusCode(answer);
	ippDelete(answer);
	if (status == IPP_STATUS_ERROR_NOT_POSSIBLE) /* it was over already */
		return 0;
	o = print_status_outcome(status);
	return o == 0 || o == PRINT_E_NO_JOB ? o : PRINT_E_OFFLINE;
}

/* What the lists of jobs say of one name. */
struct print_hits {
	int completed, pending, given_up; /* the newest of each; 0 = none */
	bool nameless;                    /* a job that does not tell its name */
};
struct print_job {
	int id;
	int state;
	const char *name; /* in the answer */
};

static void
print_hit(struct print_hits *h, const struct print_job *j, const char *name)
{
	if (j->id == 0)
		return;
	h->nameless = h->nameless || j->name == NULL;
	if (j->name == NULL || strcmp(j->name, name) != 0)
		return;
	int *best = j->state == IPP_JSTATE_COMPLETED ? &h->completed : &h->pending;
	if (j->state == IPP_JSTATE_CANCELED || j->state == IPP_JSTATE_ABORTED)
		best = &h->given_up;
	if (j->id > *best)
		*best = j->id;
}

/* Jobs stand one behind the other, each ended by an attribute of no job (libcups' separator). */
static void
print_read_list(ipp_t *answer, const char *name, struct print_hits *h)
{
	struct print_job j = { 0 };
	for (ipp_attribute_t *at = ippFirstAttribute(answer); at != NULL;
	     at = ippNextAttribute(answer)) {
		const char *what = ippGetName(at);
		if (ippGetGroupTag(at) != IPP_TAG_JOB || what == NULL) {
			print_hit(h, &j, name);
			j = (struct print_job){ 0 };
			continue;
		}
		if (strcmp(what, "job-id") == 0)
			j.id = ippGetInteger(at, 0);
		else if (strcmp(what, "job-state") == 0)
			j.state = ippGetInteger(at, 0);
		else if (strcmp(what, "job-name") == 0)
			j.name = ippGetString(at, 0, NULL);
	}
	print_hit(h, &j, name);
}

static int
print_list(struct print_printer *p, const char *which, const char *name, struct print_hits *h,
    struct err *err)
{
	ipp_t *answer = NULL;
	int o = print_connect(p, err);
	if (o != 0)
		return o;
	ipp_t *req = print_request(p, IPP_OP_GET_JOBS);
	print_add_user(req);
	ippAddString(req, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", NULL, which);
	ippAddInteger(req, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "limit", PRINT_MAX_JOBS);
	ippAddStrings(req, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
	    N_ELEMENTS(WANTED_LIST), NULL, WANTED_LIST);
	answer = cupsDoRequest(p->http, req, p->resource);
	print_hang_up(p);
	if (answer == NULL)
		return PRINT_E_OFFLINE;
	if (ippGetStatusCode(answer) <= IPP_STATUS_OK_CONFLICTING)
		print_read_list(answer, name, h);
	else /* a printer that does not list its jobs says nothing of any */
		h->nameless = true;
	ippDelete(answer);
	return 0;
}

/* Seconds since the printer was started; 0 when it does not say. */
static int
print_up_time(struct print_printer *p, int *ret_s, struct err *err)
{
	ipp_t *answer = NULL;
	int o = print_get_printer(p, WANTED_UP, N_ELEMENTS(WANTED_UP), &answer, err);
	if (o != 0)
		return o;
	*ret_s = ippGetInteger(ippFindAttribute(answer, "printer-up-time", IPP_TAG_INTEGER), 0);
	ippDelete(answer);
	return 0;
}

int
print_find(
    struct print_printer *p, const char *job_name, int64_t age_s, int *ret_job, struct err *err)
{
	struct print_hits h = { 0 };
	int up_s = 0;
	/* not-completed first: a job that ends between the two questions is seen in the second */
	int o = print_list(p, "not-completed", job_name, &h, err);
	if (o == 0)
		o = print_list(p, "completed", job_name, &h, err);
	if (o == 0)
		o = print_up_time(p, &up_s, err);
	if (o != 0)
		return err_trace(err, o, "find");
	int job = h.completed > 0 ? h.completed : h.pending;
	if (job == 0)
		job = h.given_up;
	if (job == 0)
		return !h.nameless && age_s >= 0 && age_s <= PRINT_HISTORY_S && up_s > age_s + 1
		    ? PRINT_E_NO_JOB
		    : PRINT_E_UNSURE;
	*ret_job = job;
	return 0;
}
