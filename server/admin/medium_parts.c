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

enum {
	PARTS_ROOMS = 4, /* one being copied, two waiting, one being made */
	PARTS_PATH_BYTES = 65536
};

struct parts {
	struct medium_load *m; /* all but its database is the maker's, until that has ended */
	const char *dir;
	const struct medium_list *list;
	const struct medium_keys *keys;
	struct medium_maker *maker;
	struct buf packed, lines; /* of the part being made */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct medium_ready ready[PARTS_ROOMS]; /* a ring; its room is used again and again */
	unsigned first, n;                      /* made, and not yet copied */
	bool ended;                             /* the maker: nothing more comes */
	bool stopped;                           /* the copier: nothing more is wanted */
	int result;                             /* of the maker */
	struct err err;
};

/* Decrypted into memory only, then unpacked. */
static int
part_open(struct parts *p, const char *path, struct err *err)
{
	AUTO_FD int in = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FD int out = memfd_create("kofu-part", MFD_CLOEXEC);
	if (in < 0 || out < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "part cannot be opened", errno);
	int r = cms_decrypt_fd(in, out, p->keys->cert, p->keys->key, err);
	if (r)
		return err_fold(err, r, "decrypt");
	if (lseek(out, 0, SEEK_SET) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "memfd", errno);
	p->packed.bytes = p->lines.bytes = 0;
	r = fd_read_to_end(out, &p->packed, err);
	if (r == 0)
		r = gzip_unpack(p->packed.p, p->packed.bytes, &p->lines, err);
	return err_fold(err, r, "unpack");
}

static int
part_make(struct parts *p, size_t i, struct medium_ready *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PARTS_PATH_BYTES);
	const char *name =
	    json_string_value(json_object_get(json_array_get(p->list->parts, i), "name"));
	int r = part_open(p, arena_printf(a, "%s/%s", p->dir, name), err);
	if (r == 0)
		r = medium_part_make(p->maker, (char *)p->lines.p, p->lines.bytes, ret, err);
	return err_trace(err, r, "part");
}

/* Where the next one is made; NULL when nothing more is wanted. */
static struct medium_ready *
room_wait(struct parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->n == PARTS_ROOMS && !p->stopped)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	struct medium_ready *room = p->stopped ? NULL : &p->ready[(p->first + p->n) % PARTS_ROOMS];
	(void)pthread_mutex_unlock(&p->lock);
	return room;
}

static void
hand_over(struct parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->n++;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
}

static void *
make_main(void *arg)
{
	struct parts *p = arg;
	struct err err = { 0 };
	int r = 0;
	for (size_t i = 0; r == 0 && i < json_array_size(p->list->parts); i++) {
		struct medium_ready *room = room_wait(p);
		if (room == NULL)
			break;
		r = part_make(p, i, room, &err);
		if (r == 0)
			hand_over(p);
	}
	(void)pthread_mutex_lock(&p->lock);
	p->result = r;
	p->err = err;
	p->ended = true;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* The next to be copied; NULL when there is no further one. */
static const struct medium_ready *
ready_wait(struct parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->n == 0 && !p->ended)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	const struct medium_ready *ready = p->n > 0 ? &p->ready[p->first] : NULL;
	(void)pthread_mutex_unlock(&p->lock);
	return ready;
}

static void
give_back(struct parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->first = (p->first + 1) % PARTS_ROOMS;
	p->n--;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
}

static int
copy_ready(struct parts *p, struct progress *progress, struct err *err)
{
	const struct medium_ready *ready;
	int r = 0;
	while (r == 0 && (ready = ready_wait(p)) != NULL) {
		r = medium_part_copy(p->m->db, ready, err);
		if (r == 0)
			progress_at(progress, ready->done.n_records);
		give_back(p);
	}
	return err_trace(err, r, "copy");
}

static void
parts_begin(struct parts *p)
{
	p->maker = medium_maker_new(p->m);
	buf_init(&p->packed, MEDIUM_PART_MAX_BYTES);
	buf_init(&p->lines, MEDIUM_PART_MAX_BYTES);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->moved, NULL);
}

static void
parts_stop(struct parts *p, pthread_t maker)
{
	(void)pthread_mutex_lock(&p->lock);
	p->stopped = true;
	(void)pthread_cond_signal(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(maker, NULL);
}

/* The maker has ended. */
static void
parts_end(struct parts *p)
{
	for (unsigned i = 0; i < PARTS_ROOMS; i++)
		medium_ready_done(&p->ready[i]);
	buf_done(&p->packed);
	buf_done(&p->lines);
	medium_maker_free(p->maker);
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
	parts_begin(&p);
	if (pthread_create(&maker, NULL, make_main, &p) != 0) {
		parts_end(&p);
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	}
	int r = copy_ready(&p, &progress, err);
	parts_stop(&p, maker);
	parts_end(&p);
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
