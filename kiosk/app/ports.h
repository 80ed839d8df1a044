/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ports - the four things a kiosk touches, as the engine sees them: card reader,
 * center, printer, till. Function pointers, so that a test stands in for each;
 * each does what the function of the same name in kiosk/card/card.h,
 * common/http/client.h, kiosk/print/print.h and kiosk/pay/pay.h says.
 */
#pragma once
#include "http/client.h"
#include "kiosk/card/card.h"
#include "kiosk/pay/pay.h"
#include "kiosk/print/print.h"

struct port_card {
	void *self;
	int (*wait)(void *self, enum card_want want, int64_t timeout_ms, struct err *err);
	void (*cancel)(void *self); /* from another thread */
	/* connect and card_begin */
	int (*begin)(void *self, int64_t now_ms, struct card_info *ret, struct err *err);
	int (*unlock)(void *self, int64_t now_ms, struct card_info *info, struct card_pin *pin,
	    unsigned *ret_tries_left, struct err *err);
	int (*sign)(void *self, const struct card_info *info, struct card_pin *pin,
	    const uint8_t digest[CARD_DIGEST_BYTES], uint8_t ret_sig[CARD_SIG_BYTES],
	    unsigned *ret_tries_left, struct err *err);
	void (*end)(void *self); /* disconnect; may be called twice */
};
struct port_center {
	void *self;
	int (*ask)(void *self, struct arena *a, const struct http_ask *q, struct http_reply *ret,
	    struct err *err);
};
struct port_printer {
	void *self;
	int (*check)(void *self, enum print_state *ret, struct err *err);
	int (*send)(void *self, const struct print_doc *doc, int *ret_job, struct err *err);
	int (*poll)(void *self, int job, struct print_status *ret, struct err *err);
	int (*cancel)(void *self, int job, struct err *err);
	int (*find)(void *self, const char *job_name, int64_t age_s, int *ret_job, struct err *err);
};
struct port_till {
	void *self;
	int (*begin)(void *self, const char *tx, unsigned yen, struct err *err);
	int (*poll)(void *self, const char *tx, unsigned yen, int timeout_ms,
	    unsigned *ret_inserted_yen, struct err *err);
	int (*commit)(void *self, const char *tx, unsigned yen, struct err *err);
	int (*undo)(void *self, const char *tx, struct err *err); /* pay_void */
};
struct ports {
	struct port_card card;
	struct port_center center;
	struct port_printer printer;
	struct port_till till;
};
