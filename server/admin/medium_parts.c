/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread opens, reads and seals the parts, the caller's copies them: while the database
 * takes one, the next is made ready.
 */
#include "base/file.h"
#include "base/progress.h"
#include "pki/cms.h"
#include "server/admin/medium.h"
#include "wire/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PARTS_AHEAD = 2, PARTS_PATH_BYTES = 65536 };

struct parts {
	struct medium_load *m; /* all but its database is the maker's, until that has ended */
	const char *dir;
	const struct medium_list *list;
	const struct medium_keys *keys;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct medium_ready ready[PARTS_AHEAD]; /* a ring */
	unsigned first, n;
	bool ended;   /* the maker: nothing more comes */
	bool stopped; /* the copier: nothing more is wanted */
	int result;   /* of the maker */
	struct err err;
};

/* Decrypted into memory only, then unpacked. */
static int
part_open(const char *path, const struct medium_keys *keys, struct buf *lines, struct err *err)
{
	struct buf packed;
	AUTO_FD int in = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FD int out = memfd_create("kofu-part", MFD_CLOEXEC);
	if (in < 0 || out < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "part cannot be opened", errno);
	int r = cms_decrypt_fd(in, out, keys->cert, keys->key, err);
	if (r)
		return err_fold(err, r, "decrypt");
	if (lseek(out, 0, SEEK_SET) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "memfd", errno);
	buf_init(&packed, MEDIUM_PART_MAX_BYTES);
	r = fd_read_to_end(out, &packed, err);
	if (r == 0)
		r = gzip_unpack(packed.p, packed.bytes, lines, err);
	buf_done(&packed);
	return err_fold(err, r, "unpack");
}

static int
part_make(struct parts *p, size_t i, struct medium_ready *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PARTS_PATH_BYTES);
	struct buf lines;
	const char *name =
	    json_string_value(json_object_get(json_array_get(p->list->parts, i), "name"));
	buf_init(&lines, MEDIUM_PART_MAX_BYTES);
	int r = part_open(arena_printf(a, "%s/%s", p->dir, name), p->keys, &lines, err);
	if (r == 0)
		r = medium_part_make(p->m, (char *)lines.p, lines.bytes, ret, err);
	buf_done(&lines);
	return err_trace(err, r, "part");
}

/* False when nothing more is wanted: @ready is done with. */
static bool
hand_over(struct parts *p, struct medium_ready *ready)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->n == PARTS_AHEAD && !p->stopped)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	bool wanted = !p->stopped;
	if (wanted)
		p->ready[(p->first + p->n++) % PARTS_AHEAD] = *ready;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	if (!wanted)
		medium_ready_done(ready);
	return wanted;
}

static void *
make_main(void *arg)
{
	struct parts *p = arg;
	struct err err = { 0 };
	int r = 0;
	bool wanted = true;
	for (size_t i = 0; r == 0 && wanted && i < json_array_size(p->list->parts); i++) {
		struct medium_ready ready = { .n_copies = 0 };
		r = part_make(p, i, &ready, &err);
		if (r)
			medium_ready_done(&ready);
		else
			wanted = hand_over(p, &ready);
	}
	(void)pthread_mutex_lock(&p->lock);
	p->result = r;
	p->err = err;
	p->ended = true;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* False when there is no further one. */
static bool
take_ready(struct parts *p, struct medium_ready *ret)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->n == 0 && !p->ended)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	bool there = p->n > 0;
	if (there) {
		*ret = p->ready[p->first];
		p->first = (p->first + 1) % PARTS_AHEAD;
		p->n--;
	}
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	return there;
}

static int
copy_ready(struct parts *p, struct progress *progress, struct err *err)
{
	struct medium_ready ready;
	int r = 0;
	while (r == 0 && take_ready(p, &ready)) {
		r = medium_part_copy(p->m->db, &ready, err);
		if (r == 0)
			progress_at(progress, ready.done.n_records);
		medium_ready_done(&ready);
	}
	return err_trace(err, r, "copy");
}

/* The maker has ended: what it leaves. */
static void
parts_stop(struct parts *p, pthread_t maker)
{
	(void)pthread_mutex_lock(&p->lock);
	p->stopped = true;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(maker, NULL);
	for (; p->n > 0; p->n--, p->first = (p->first + 1) % PARTS_AHEAD)
		medium_ready_done(&p->ready[p->first]);
}

static void
parts_done(struct parts *p)
{
	(void)pthread_cond_destroy(&p->moved);
	(void)pthread_mutex_destroy(&p->lock);
}

int
medium_parts_load(struct medium_load *m, const char *dir, const struct medium_list *list,
    const struct medium_keys *keys, struct err *err)
{
	struct parts p = { .m = m, .dir = dir, .list = list, .keys = keys };
	struct progress progress;
	pthread_t maker;
	progress_start(&progress, 0, (uint64_t)list->n_records);
	(void)pthread_mutex_init(&p.lock, NULL);
	(void)pthread_cond_init(&p.moved, NULL);
	if (pthread_create(&maker, NULL, make_main, &p) != 0) {
		parts_done(&p);
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	}
	int r = copy_ready(&p, &progress, err);
	parts_stop(&p, maker);
	parts_done(&p);
	if (r == 0 && p.result != 0) {
		r = p.result;
		*err = p.err;
	}
	m->done.ms = progress_end(&progress, m->done.n_records);
	if (r)
		return err_trace(err, r, "parts");
	if ((int64_t)m->done.n_records != list->n_records)
		return err_raise(err, FAULT_INTEGRITY, "not as many records as were signed", 0);
	return 0;
}
