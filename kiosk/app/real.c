/* SPDX-License-Identifier: Apache-2.0 */
#include "kiosk/app/real.h"
#include "kiosk/build.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { REAL_MAX_CENTERS = 2, REAL_CONNECT_MS = 2000 };

struct real {
	struct card_reader *reader;
	struct card_io io;
	bool telephones; /* are taken */
	struct http_client *center[REAL_MAX_CENTERS];
	unsigned n_centers;
	unsigned center_now; /* the one that answered last */
	struct print_printer *printer;
	struct pay *till;
};

void
real_free(struct real *r)
{
	if (r == NULL)
		return;
	card_reader_free(r->reader);
	for (unsigned i = 0; i < r->n_centers; i++)
		http_client_free(r->center[i]);
	print_printer_free(r->printer);
	pay_free(r->till);
	mem_free(r);
}

static int
center_add(struct real *r, const struct kiosk_conf *c, const char *url, struct err *err)
{
	const struct http_client_conf http = { .base_url = url,
		.cert_path = c->cert,
		.key_path = c->key,
		.ca_path = c->ca,
		.peer_role = "center",
		.connect_timeout_ms = REAL_CONNECT_MS };
	if (url == NULL)
		return 0;
	int e = http_client_new(&http, &r->center[r->n_centers], err);
	if (e == 0)
		r->n_centers++;
	return err_trace(err, e, "center");
}

/* One that is off at the moment is no mistake; one that cannot print both sides unscaled is. */
static int
printer_add(struct real *r, const struct kiosk_conf *c, struct err *err)
{
	uint8_t pin[PRINT_PIN_BYTES];
	if (c->printer_pin != NULL &&
	    !text_hex_parse(c->printer_pin, strlen(c->printer_pin), pin, sizeof(pin)))
		return err_raise(err, FAULT_CONFIG, "printer's pin", 0);
	int e = print_open(c->printer, c->printer_pin ? pin : NULL, &r->printer, err);
	if (e == 0)
		e = print_check_abilities(r->printer, err);
	if (e == PRINT_E_REFUSED)
		return err_raise(err, FAULT_CONFIG, "printer's abilities", 0);
	if (e == PRINT_E_OFFLINE)
		LOG(LOG_LVL_WARN, "kiosk.printer_offline", LOG_F("outcome", e));
	return e == PRINT_E_OFFLINE ? 0 : err_trace(err, e, "printer");
}

int
real_new(const struct kiosk_conf *c, struct real **ret, struct err *err)
{
	AUTO(real) struct real *r = mem_zero(sizeof(*r));
	r->till = pay_new(c->till);
	r->telephones = c->telephones;
	int e = center_add(r, c, c->center_url, err);
	if (e == 0)
		e = center_add(r, c, c->center_url2, err);
	if (e == 0)
		e = printer_add(r, c, err);
	if (e == 0)
		e = card_reader_open(c->reader, &r->reader, err);
	if (e)
		return err_fold(err, e, "ports");
	*ret = TAKE(r);
	return 0;
}

static int
real_card_wait(void *self, enum card_want want, int64_t timeout_ms, struct err *err)
{
	struct real *r = self;
	return card_reader_wait(r->reader, want, timeout_ms, err);
}

static void
real_card_cancel(void *self)
{
	struct real *r = self;
	card_reader_cancel(r->reader);
}

static int
real_card_begin(void *self, int64_t now_ms, struct card_info *ret, struct err *err)
{
	struct real *r = self;
	int e = card_reader_connect(r->reader, &r->io, err);
	if (e == 0)
		e = card_begin(&r->io, now_ms, ret, err);
	if (e == 0 && ret->kind == CARD_TELEPHONE && !r->telephones) {
		r->io.reset(r->io.self);
		e = CARD_E_PHONE;
	}
	return e;
}

static int
real_card_unlock(void *self, int64_t now_ms, struct card_info *info, struct card_pin *pin,
    unsigned *ret_tries_left, struct err *err)
{
	struct real *r = self;
	return card_unlock(&r->io, now_ms, info, pin, ret_tries_left, err);
}

static int
real_card_sign(void *self, const struct card_info *info, struct card_pin *pin,
    const uint8_t digest[CARD_DIGEST_BYTES], uint8_t ret_sig[CARD_SIG_BYTES],
    unsigned *ret_tries_left, struct err *err)
{
	struct real *r = self;
	return card_sign(&r->io, info, pin, digest, ret_sig, ret_tries_left, err);
}

static void
real_card_end(void *self)
{
	struct real *r = self;
	card_reader_disconnect(r->reader);
}

/*
 * The next center when one does not answer. What arrived at the first all the
 * same is refused by the second (a nonce is burnt once, a release redeemed
 * once), so that nothing can happen twice. Each is told which build this is.
 */
static int
real_center_ask(
    void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret, struct err *err)
{
	struct real *r = self;
	struct http_ask named = *q;
	int e = FAULT_UNAVAILABLE;
	named.header[0] = "Kofu-Build: " KOFU_BUILD;
	for (unsigned i = 0; i < r->n_centers && e == FAULT_UNAVAILABLE; i++) {
		unsigned at = (r->center_now + i) % r->n_centers;
		e = http_ask(r->center[at], a, &named, ret, err);
		if (e != FAULT_UNAVAILABLE)
			r->center_now = at;
	}
	return e;
}

static int
real_print_check(void *self, enum print_state *ret, struct err *err)
{
	struct real *r = self;
	return print_check(r->printer, ret, err);
}

static int
real_print_send(void *self, const struct print_doc *doc, int *ret_job, struct err *err)
{
	struct real *r = self;
	return print_send(r->printer, doc, ret_job, err);
}

static int
real_print_poll(void *self, int job, struct print_status *ret, struct err *err)
{
	struct real *r = self;
	return print_poll(r->printer, job, ret, err);
}

static int
real_print_cancel(void *self, int job, struct err *err)
{
	struct real *r = self;
	return print_cancel(r->printer, job, err);
}

static int
real_print_find(void *self, const char *job_name, int64_t age_s, int *ret_job, struct err *err)
{
	struct real *r = self;
	return print_find(r->printer, job_name, age_s, ret_job, err);
}

static int
real_till_begin(void *self, const char *tx, unsigned yen, struct err *err)
{
	struct real *r = self;
	return pay_begin(r->till, tx, yen, err);
}

static int
real_till_poll(void *self, const char *tx, unsigned yen, int timeout_ms, unsigned *ret_inserted_yen,
    struct err *err)
{
	struct real *r = self;
	return pay_poll(r->till, tx, yen, timeout_ms, ret_inserted_yen, err);
}

static int
real_till_commit(void *self, const char *tx, unsigned yen, struct err *err)
{
	struct real *r = self;
	return pay_commit(r->till, tx, yen, err);
}

static int
real_till_undo(void *self, const char *tx, struct err *err)
{
	struct real *r = self;
	return pay_void(r->till, tx, err);
}

struct ports
real_ports(struct real *r)
{
	return (struct ports){
		.card = { .self = r,
		    .wait = real_card_wait,
		    .cancel = real_card_cancel,
		    .begin = real_card_begin,
		    .unlock = real_card_unlock,
		    .sign = real_card_sign,
		    .end = real_card_end },
		.center = { .self = r, .ask = real_center_ask },
		.printer = { .self = r,
		    .check = real_print_check,
		    .send = real_print_send,
		    .poll = real_print_poll,
		    .cancel = real_print_cancel,
		    .find = real_print_find },
		.till = { .self = r,
		    .begin = real_till_begin,
		    .poll = real_till_poll,
		    .commit = real_till_commit,
		    .undo = real_till_undo },
	};
}
