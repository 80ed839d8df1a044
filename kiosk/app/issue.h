/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue - `kofu-kiosk issue`: the whole way without a screen, for scripts. The
 * same engine as behind the pages; only the touches come from here.
 */
#pragma once
#include "base/bytes.h"
#include "kiosk/app/engine.h"

enum { ISSUE_MAX_PIN_FILE_BYTES = 64, ISSUE_TIMEOUT_MS = 600000 };

struct issue_want {
	enum doc_kind kind;
	enum order_scope scope;
	uint64_t persons;
	unsigned options;
	unsigned copies;
	unsigned wait_card_ms;         /* for a card to be put down */
	char pin[CARD_PIN_DIGITS + 1]; /* wiped as soon as it is used */
};

/*
 * Goes the whole way. The result and what came of it are in *ret. 0, or a fault
 * of this program.
 */
MUST_USE int issue_run(
    struct engine *e, struct issue_want *w, struct engine_report *ret, struct err *err);
/* {"result":..,"numbers":[..],"jobs":[..],"ms":{state:ms,...},...} */
MUST_USE int issue_format(const struct engine_report *r, struct buf *out, struct err *err);
