/* SPDX-License-Identifier: Apache-2.0 */
#include "server/front/numbers.h"
#include "base/clock.h"
#include "queries/asp_front.h"
#include <stdio.h>

void
numbers_init(struct numbers *n)
{
	*n = (struct numbers){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void
numbers_done(struct numbers *n)
{
	(void)pthread_mutex_destroy(&n->lock);
}

static int
block_fetch(struct numbers *n, struct db *db, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask(db, &q_front_numbers_take, &rows, err, db_int_arg(NUMBERS_BLOCK));
	if (r)
		return err_fold(err, r, "issue numbers");
	n->next = db_int(rows, 0, 0);
	n->end = n->next + NUMBERS_BLOCK;
	return 0;
}

int
numbers_take(struct numbers *n, struct db *db, int64_t *ret, struct err *err)
{
	int r = 0;
	if (pthread_mutex_lock(&n->lock) != 0)
		return err_raise(err, FAULT_INTERNAL, "lock", 0);
	if (n->next == n->end)
		r = block_fetch(n, db, err);
	if (r == 0 && n->next > NUMBERS_MAX_RUNNING)
		r = err_raise(err, FAULT_INTERNAL, "issue numbers are used up", 0);
	if (r == 0)
		*ret = n->next++;
	(void)pthread_mutex_unlock(&n->lock);
	return err_trace(err, r, "number");
}

void
numbers_format(char out[SEAL_NUMBER_MAX + 1], struct muni_code muni, int64_t now_ms,
    const char *kiosk, int64_t running)
{
	struct civil_date on = clock_japan(now_ms).on;
	(void)snprintf(out, SEAL_NUMBER_MAX + 1, "%s-%04d%02d%02d-%.32s-%06lld", muni.s, on.year,
	    on.month, on.day, kiosk, (long long)running);
}

void
numbers_front_code(const uint8_t random[10], char out[SEAL_FRONT_CODE_CHARS + 1])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned bits = 0, have = 0, at = 0;
	for (unsigned i = 0; i < 10; i++) {
		bits = bits << 8 | random[i];
		for (have += 8; have >= 5; have -= 5)
			out[at++] = digits[bits >> (have - 5) & 31];
	}
	out[at] = '\0';
}
