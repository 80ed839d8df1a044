/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask - a request for inquiries, from HTTP to what the desk is asked: who asks
 * and may he, which files and codes, and whether it was asked before.
 */
#pragma once
#include "center/inquiry/desk.h"
#include "center/inquiry/limit.h"
#include "center/inquiry/multipart.h"
#include "http/server.h"

enum {
	ASK_E_KEY_MISSING = 1951, /* this needs a bank's key */
	ASK_E_KEY_REFUSED = 1952,
	ASK_E_TOO_OFTEN = 1953,
	ASK_E_IDEM_USED = 1954, /* that Idempotency-Key belongs to another request */
	ASK_E_TOO_MANY_FILES = 1955
};
enum { ASK_MAX_IDEM_CHARS = 128, ASK_WAIT_MS = 10000, ASK_BATCH_WAIT_MS = 60000 };

struct site {
	struct desk *desk;
	const struct inquiry_conf *conf;
	struct limit limit;
};
struct ask {
	struct site *site;
	struct txn_id txn;
	bool batch; /* each file is a paper of its own, with the codes behind it */
	bool pictures, report, opened;
	struct decoder_file files[MULTIPART_MAX_FILES]; /* in the request's body */
	unsigned n_files;
	const char *codes[MULTIPART_MAX_CODES]; /* in the request's arena */
	unsigned behind[MULTIPART_MAX_CODES];   /* files before each code */
	unsigned n_codes;
	char id[RECORD_MAX_ID + 1]; /* the inquiry's or batch's number */
	int64_t at_ms;
};
/* Sets further headers in @res. Returns 0, ASK_E_*, LOAD_E_TOO_LARGE or a fault. */
MUST_USE int ask_read(
    struct http_req *req, struct http_res *res, bool batch, struct ask *ret, struct err *err);
/* What the desk is asked: the whole of it, or paper @i of a batch. Texts in @a. */
struct desk_ask ask_desk(const struct ask *q, struct arena *a, unsigned i);
/* Status and code of an outcome or fault of ask_read() or desk_check(), for problem+json. */
extern const struct http_outcome ask_outcomes[];
const char *ask_problem(int r, unsigned *ret_status);
