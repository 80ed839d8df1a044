/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread opens, reads and seals the parts, others copy them: while the database takes
 * one, the next is made ready. A part's room is free again when each side has copied it.
 */
#include "base/file.h"
#include "base/mem.h"
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

struct medium_parts {
	struct medium_load *m; /* all but its database is the maker's, until that has ended */
	const struct medium_source *from;
	pthread_t thread;
	struct medium_maker *maker;
	struct buf packed, lines; /* of the part being made */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct medium_ready ready[PARTS_ROOMS]; /* a ring; its room is used again and again */
	uint64_t made;                          /* parts so far */
	uint64_t copied[MEDIUM_SIDES];          /* of these, by each side */
	bool ended;                             /* the maker: nothing more comes */
	int result;                             /* of who failed first: nothing more is wanted */
	struct err err;
};

/* Decrypted into memory only, then unpacked. */
static int
part_open(struct medium_parts *p, const char *path, struct err *err)
{
	AUTO_FD int in = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FD int out = memfd_create("kofu-part", MFD_CLOEXEC);
	if (in < 0 || out < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "part cannot be opened", errno);
	int r = cms_decrypt_fd(in, out, p->from->keys->cert, p->from->keys->key, err);
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
part_make(struct medium_parts *p, size_t i, struct medium_ready *ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(PARTS_PATH_BYTES);
	const char *name =
	    json_string_value(json_object_get(json_array_get(p->from->list->parts, i), "name"));
	int r = part_open(p, arena_printf(a, "%s/%s", p->from->dir, name), err);
	if (r == 0)
		r = medium_part_make(p->maker, (char *)p->lines.p, p->lines.bytes, ret, err);
	return err_trace(err, r, "part");
}

static uint64_t
copied_by_all(const struct medium_parts *p)
{
	uint64_t a = p->copied[0], b = p->copied[1];
	return a < b ? a : b;
}

/* Where the next one is made; NULL when nothing more is wanted. */
static struct medium_ready *
room_wait(struct medium_parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->made - copied_by_all(p) == PARTS_ROOMS && p->result == 0)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	struct medium_ready *room = p->result ? NULL : &p->ready[p->made % PARTS_ROOMS];
	(void)pthread_mutex_unlock(&p->lock);
	return room;
}

static void
hand_over(struct medium_parts *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->made++;
	(void)pthread_cond_broadcast(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
}

void
medium_parts_fail(struct medium_parts *p, int r, const struct err *err)
{
	(void)pthread_mutex_lock(&p->lock);
	if (p->result == 0) {
		p->result = r;
		p->err = *err;
	}
	(void)pthread_cond_broadcast(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
}

static int
make_all(struct medium_parts *p, struct err *err)
{
	for (size_t i = 0; i < json_array_size(p->from->list->parts); i++) {
		struct medium_ready *room = room_wait(p);
		if (room == NULL)
			return 0;
		int r = part_make(p, i, room, err);
		if (r)
			return err_trace(err, r, "parts");
		hand_over(p);
	}
	if ((int64_t)p->m->done.n_records != p->from->list->n_records)
		return err_raise(err, FAULT_INTEGRITY, "not as many records as were signed", 0);
	return 0;
}

/* Nobody reads in the rooms any more: wiped here, while the database goes on. */
static void
rooms_done(struct medium_parts *p)
{
	medium_maker_free(p->maker);
	buf_done(&p->packed);
	buf_done(&p->lines);
	(void)pthread_mutex_lock(&p->lock);
	while (copied_by_all(p) < p->made && p->result == 0)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	bool all = p->result == 0;
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; all && i < PARTS_ROOMS; i++)
		medium_ready_done(&p->ready[i]);
}

static void *
make_main(void *arg)
{
	struct medium_parts *p = arg;
	struct err err = { 0 };
	int r = make_all(p, &err);
	if (r)
		medium_parts_fail(p, r, &err);
	(void)pthread_mutex_lock(&p->lock);
	p->ended = true;
	(void)pthread_cond_broadcast(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
	rooms_done(p);
	return NULL;
}

/* --- who copies --- */

static unsigned
place_of(enum medium_side side)
{
	return side == MEDIUM_ROWS ? 1 : 0;
}

/* The next to be copied; NULL when there is no further one. */
static const struct medium_ready *
ready_wait(struct medium_parts *p, enum medium_side side)
{
	const uint64_t *copied = &p->copied[place_of(side)];
	(void)pthread_mutex_lock(&p->lock);
	while (p->made == *copied && !p->ended && p->result == 0)
		(void)pthread_cond_wait(&p->moved, &p->lock);
	const struct medium_ready *ready =
	    p->made > *copied && p->result == 0 ? &p->ready[*copied % PARTS_ROOMS] : NULL;
	(void)pthread_mutex_unlock(&p->lock);
	return ready;
}

static void
give_back(struct medium_parts *p, enum medium_side side)
{
	(void)pthread_mutex_lock(&p->lock);
	p->copied[place_of(side)]++;
	if (side == MEDIUM_ALL)
		p->copied[1]++;
	(void)pthread_cond_broadcast(&p->moved);
	(void)pthread_mutex_unlock(&p->lock);
}

static int
outcome(struct medium_parts *p, struct err *err)
{
	(void)pthread_mutex_lock(&p->lock);
	int r = p->result;
	if (r)
		*err = p->err;
	(void)pthread_mutex_unlock(&p->lock);
	return r;
}

int
medium_parts_copy(struct medium_parts *p, struct db *db, enum medium_side side,
    struct medium_taken *taken, struct err *err)
{
	const struct medium_ready *ready;
	struct progress progress = { 0 };
	struct err why = { 0 };
	if (side != MEDIUM_ROWS)
		progress_start(&progress, 0, (uint64_t)p->from->list->n_records);
	while ((ready = ready_wait(p, side)) != NULL) {
		int r = medium_part_copy(db, ready, side, taken, &why);
		if (r)
			medium_parts_fail(p, r, &why);
		else if (side != MEDIUM_ROWS)
			progress_at(&progress, ready->done.n_records);
		give_back(p, side);
	}
	int r = outcome(p, err);
	if (side != MEDIUM_ROWS)
		p->m->done.ms = progress_end(&progress, r ? 0 : p->m->done.n_records);
	return err_trace(err, r, "parts");
}

int
medium_parts_begin(struct medium_load *m, const struct medium_source *from,
    struct medium_parts **ret, struct err *err)
{
	struct medium_parts *p = mem_zero(sizeof(*p));
	p->m = m;
	p->from = from;
	p->maker = medium_maker_new(m);
	buf_init(&p->packed, MEDIUM_PART_MAX_BYTES);
	buf_init(&p->lines, MEDIUM_PART_MAX_BYTES);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->moved, NULL);
	if (pthread_create(&p->thread, NULL, make_main, p) != 0) {
		medium_maker_free(p->maker);
		(void)pthread_cond_destroy(&p->moved);
		(void)pthread_mutex_destroy(&p->lock);
		mem_free(p);
		return err_raise(err, FAULT_UNAVAILABLE, "thread", 0);
	}
	*ret = p;
	return 0;
}

void
medium_parts_end(struct medium_parts *p)
{
	if (p == NULL)
		return;
	(void)pthread_join(p->thread, NULL);
	for (unsigned i = 0; i < PARTS_ROOMS; i++)
		medium_ready_done(&p->ready[i]);
	(void)pthread_cond_destroy(&p->moved);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p);
}
