/* SPDX-License-Identifier: Apache-2.0 */
#include "center/jpki/lists.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LISTS_MAX_FILES = CRL_MAX_PARTS };

/* A file as it was when it was read last. */
struct list_seen {
	ino_t inode;
	off_t bytes;
	struct timespec at;
};
struct jpki_lists {
	const char *folder;
	struct crl_set *set;
	struct list_seen *seen;
	size_t n_seen;
};

void
jpki_lists_close(struct jpki_lists *l)
{
	if (l == NULL)
		return;
	crl_set_free(l->set);
	mem_free(l->seen);
	mem_free(l);
}

int
jpki_lists_open(
    const char *folder, const struct cert_pins *pins, struct jpki_lists **ret, struct err *err)
{
	struct stat st;
	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_raise(err, FAULT_CONFIG, "folder of revocation lists", 0);
	struct jpki_lists *l = mem_zero(sizeof(*l));
	l->folder = folder;
	l->set = crl_set_new(pins);
	l->seen = mem_zero_n(LISTS_MAX_FILES, sizeof(*l->seen));
	(void)jpki_lists_look(l, clock_now_ms());
	*ret = l;
	return 0;
}

static bool
is_list(const char *name)
{
	const char *dot = strrchr(name, '.');
	return name[0] != '.' && dot != NULL && strcmp(dot, ".crl") == 0;
}

/* True for a file that was read already, just as it is; else it is noted as read. */
static bool
lists_saw(struct jpki_lists *l, const struct stat *st)
{
	struct list_seen *at = NULL;
	for (size_t i = 0; at == NULL && i < l->n_seen; i++)
		if (l->seen[i].inode == st->st_ino)
			at = &l->seen[i];
	if (at != NULL && at->bytes == st->st_size && at->at.tv_sec == st->st_mtim.tv_sec &&
	    at->at.tv_nsec == st->st_mtim.tv_nsec)
		return true;
	if (at == NULL && l->n_seen == LISTS_MAX_FILES)
		l->n_seen = 0; /* at worst all are read once more */
	if (at == NULL)
		at = &l->seen[l->n_seen++];
	*at = (struct list_seen){ st->st_ino, st->st_size, st->st_mtim };
	return false;
}

static int
list_read(struct jpki_lists *l, const char *path, int64_t now_ms, struct err *err)
{
	uint8_t *der = NULL;
	size_t bytes = 0;
	AUTO(arena) struct arena *a = arena_new(CRL_MAX_BYTES + 4096u);
	int r = file_read(a, path, CRL_MAX_BYTES, &der, &bytes, err);
	if (r == 0)
		r = crl_take(l->set, der, bytes, now_ms, err);
	return r;
}

unsigned
jpki_lists_look(struct jpki_lists *l, int64_t now_ms)
{
	unsigned taken = 0;
	char path[PATH_MAX];
	DIR *d = opendir(l->folder);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		struct stat st;
		struct err err = { 0 };
		int n = snprintf(path, sizeof(path), "%s/%s", l->folder, e->d_name);
		if (!is_list(e->d_name) || n >= (int)sizeof(path) || stat(path, &st) != 0 ||
		    !S_ISREG(st.st_mode) || lists_saw(l, &st))
			continue;
		int r = list_read(l, path, now_ms, &err);
		taken += r == 0;
		if (r)
			LOG(LOG_LVL_WARN, "jpki.list-refused", LOG_F("why", r),
			    LOG_F("bytes", (long)st.st_size));
	}
	if (d == NULL)
		LOG(LOG_LVL_WARN, "jpki.lists-gone");
	else
		(void)closedir(d);
	if (taken > 0)
		LOG(LOG_LVL_INFO, "jpki.lists", LOG_F("taken", taken),
		    LOG_F("held", (long)crl_n_parts(l->set)));
	return taken;
}

struct crl_set *
jpki_lists_set(struct jpki_lists *l)
{
	return l->set;
}
