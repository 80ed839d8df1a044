/* SPDX-License-Identifier: Apache-2.0 */
#include "center/router/keys.h"
#include "base/clock.h"

int
muni_keys_open(struct muni_keys *k, const char *root_path, const char *path, struct muni_code muni,
    struct err *err)
{
	int r = keydir_file_open_by(&k->file, path, root_path, muni, err);
	if (r)
		return err_trace(err, r, "municipality's keys");
	k->next_look_ms = 0;
	(void)pthread_mutex_init(&k->lock, NULL);
	return 0;
}

int
muni_keys_remember(struct muni_keys *k, const struct keydir_memory *memory, struct err *err)
{
	(void)pthread_mutex_lock(&k->lock);
	int r = keydir_file_remember(&k->file, memory, err);
	(void)pthread_mutex_unlock(&k->lock);
	return r;
}

void
muni_keys_done(struct muni_keys *k)
{
	(void)pthread_mutex_destroy(&k->lock);
}

/* Under the lock. What cannot be taken leaves the one before it in force. */
static void
look(struct muni_keys *k)
{
	struct err err = { 0 };
	int r = keydir_file_look(&k->file, &err);
	k->next_look_ms = clock_mono_ms() + MUNI_KEYS_LOOK_MS;
	if (r < 0) {
		LOG(LOG_LVL_ERR, "keys.refused", LOG_F("muni", k->file.dir.muni));
		log_fault("keys.directory", (struct txn_id){ 0 }, &err);
	} else if (r == KEYDIR_E_NEW) {
		LOG(LOG_LVL_NOTICE, "keys.new", LOG_F("muni", k->file.dir.muni),
		    LOG_F("seq", (long)k->file.dir.seq), LOG_F("roots", k->file.roots.n));
	} else if (r == KEYDIR_E_ROOTS) {
		LOG(LOG_LVL_NOTICE, "keys.roots", LOG_F("muni", k->file.dir.muni),
		    LOG_F("roots", k->file.roots.n));
	}
}

void
muni_keys_get(struct muni_keys *k, struct keydir *ret)
{
	(void)pthread_mutex_lock(&k->lock);
	if (clock_mono_ms() >= k->next_look_ms)
		look(k);
	*ret = k->file.dir;
	(void)pthread_mutex_unlock(&k->lock);
}

void
muni_keys_watch(struct muni_keys *k)
{
	(void)pthread_mutex_lock(&k->lock);
	if (clock_mono_ms() >= k->next_look_ms)
		look(k);
	(void)pthread_mutex_unlock(&k->lock);
}

bool
muni_keys_renew(struct muni_keys *k, int64_t seq, struct keydir *ret)
{
	(void)pthread_mutex_lock(&k->lock);
	look(k);
	bool is_new = k->file.dir.seq != seq;
	if (is_new)
		*ret = k->file.dir;
	(void)pthread_mutex_unlock(&k->lock);
	return is_new;
}
