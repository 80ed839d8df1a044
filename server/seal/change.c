/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/change.h"
#include "domain/muni.h"
#include "server/seal/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

int
change_open(struct change *x, struct arena *a, const struct seal_conf *c, const char *muni,
    int64_t now_ms, struct err *err)
{
	struct keydir_roots points;
	struct keydir_file f;
	*x = (struct change){ .a = a, .conf = c, .now_ms = now_ms, .lock = -1 };
	if (!muni_parse(muni, strlen(muni), &x->muni) || seal_conf_muni(c, x->muni) == NULL)
		return err_raise(err, FAULT_CONFIG, "municipality", 0);
	x->lock = open(c->keys_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->lock < 0 || flock(x->lock, LOCK_EX) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "folder of keys", errno);
	int r = token_open(&c->token, &x->token, err);
	if (r == 0)
		r = root_find(x->token, x->muni, &x->roots, err);
	if (r == TOKEN_E_NO_KEY)
		return err_raise(err, FAULT_CONFIG, "no root key: run init", 0);
	if (r)
		return err_fold(err, r, "roots");
	root_points(&x->roots, &points);
	r = keydir_file_open(&f, generation_path(a, c, x->muni), x->muni, &points, err);
	if (r == 0)
		x->dir = f.dir;
	return err_fold(err, r, "directory");
}

void
change_close(struct change *x)
{
	token_close(x->token);
	fd_close(x->lock);
}

int
change_write(struct change *x, struct err *err)
{
	int r = root_sign(x->a, x->conf, x->token, &x->roots, &x->dir, err);
	if (r == 0)
		r = root_publish(x->a, x->conf, x->muni, &x->roots, err);
	return err_trace(err, r, "change");
}

unsigned
change_number(const char *s)
{
	unsigned n = 0;
	for (; *s >= '0' && *s <= '9' && n <= KEYDIR_MAX_KEYS; s++)
		n = n * 10 + (unsigned)(*s - '0');
	return *s == '\0' && n <= KEYDIR_MAX_KEYS ? n : 0;
}
