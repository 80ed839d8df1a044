/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/keeper.h"
#include "queries/asp_sync.h"
#include "server/sync/apply.h"
#include "server/sync/retain.h"

enum keeper_word
keeper_freshness(struct keeper *k, const struct keeper_limits *l, int64_t beat_ms, int64_t now_ms)
{
	int64_t behind_ms = now_ms - beat_ms;
	bool was = k->behind;
	k->behind = behind_ms >= KEEPER_ALARM_MS;
	if (behind_ms > l->stop_behind_s * 1000)
		return KEEPER_STOP;
	if (!k->behind)
		return was ? KEEPER_AGAIN : KEEPER_FINE;
	if (was && now_ms < k->next_alarm_ms)
		return KEEPER_FINE;
	k->next_alarm_ms = now_ms + KEEPER_ALARM_MS;
	return KEEPER_ALARM;
}

bool
keeper_is_due(const struct keeper *k, int64_t now_ms)
{
	return now_ms >= k->next_look_ms || now_ms >= k->next_retain_ms;
}

static int
look(struct db *db, struct muni_code muni, const struct keeper_limits *l, struct keeper *k,
    int64_t now_ms, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = db_ask0(db, &q_sync_freshness, &rows, err);
	if (r)
		return err_fold(err, r, "freshness");
	/* Before the first load, and between one and the first beat, there is nothing to be behind.
	 */
	if (db_n(rows) == 0)
		return 0;
	int64_t beat_ms = db_int(rows, 0, 0);
	long behind_s = (long)((now_ms - beat_ms) / 1000);
	switch (keeper_freshness(k, l, beat_ms, now_ms)) {
	case KEEPER_FINE:
		break;
	case KEEPER_ALARM:
		LOG(LOG_LVL_ERR, "freshness.behind", LOG_F("muni", muni),
		    LOG_F("behind_s", behind_s), LOG_F("seq", (long)db_int(rows, 0, 1)));
		break;
	case KEEPER_AGAIN:
		LOG(LOG_LVL_NOTICE, "freshness.again", LOG_F("muni", muni));
		break;
	case KEEPER_STOP:
		if (!db_bool(rows, 0, 2))
			LOG(LOG_LVL_ERR, "freshness.stopped", LOG_F("muni", muni),
			    LOG_F("behind_s", behind_s));
		r = apply_stop(db, "behind", err);
		break;
	}
	return err_trace(err, r, "freshness");
}

int
keeper_step(struct db *db, struct muni_code muni, const struct keeper_limits *l, struct keeper *k,
    int64_t now_ms, struct err *err)
{
	int r = 0;
	if (now_ms >= k->next_look_ms) {
		k->next_look_ms = now_ms + KEEPER_LOOK_MS;
		r = look(db, muni, l, k, now_ms, err);
	}
	if (r == 0 && now_ms >= k->next_retain_ms) {
		struct retain_done done = { 0 };
		k->next_retain_ms = now_ms + KEEPER_RETAIN_MS;
		r = retain_run(db, l->retention_days, now_ms, &done, err);
		if (r == 0 && done.n_persons + done.n_superseded > 0)
			LOG(LOG_LVL_NOTICE, "retention.erased", LOG_F("muni", muni),
			    LOG_F("persons", (long)done.n_persons),
			    LOG_F("rows", (long)(done.n_rows + done.n_superseded)));
	}
	return err_trace(err, r, "keeper");
}
