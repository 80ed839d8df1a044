/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pki/hash.h"
#include "server/admin/admin_int.h"
#include "server/render/gaiji.h"
#include "server/render/render.h"
#include "server/server_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GAIJI_ARENA_BYTES = 64 * 1024 * 1024 };

struct gaiji_job {
	struct arena *arena;
	const char *fonts; /* the manifest */
	struct muni_code muni;
	const char *font, *list; /* as handed over */
	const char *folder;
	unsigned n;
};

static int
job_load(struct gaiji_job *j, char **argv, struct err *err)
{
	struct server_conf c;
	int r = server_conf_load(j->arena, argv[1], &c, err);
	if (r)
		return err_trace(err, r, "configuration");
	if (!muni_parse(argv[2], strlen(argv[2]), &j->muni))
		return err_raise(err, FAULT_CONFIG, "no such municipality", 0);
	const char *slash = strrchr(c.fonts, '/');
	j->fonts = c.fonts;
	j->folder = arena_printf(j->arena, "%.*s/%s", slash == NULL ? 1 : (int)(slash - c.fonts),
	    slash == NULL ? "." : c.fonts, j->muni.s);
	j->font = argv[3];
	j->list = argv[4];
	return 0;
}

/* The list as it is put in place: with its font's hash in the first line. */
static int
list_make(
    struct gaiji_job *j, const uint8_t *font, size_t font_bytes, struct buf *out, struct err *err)
{
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	uint8_t *list = NULL;
	size_t bytes = 0;
	int r = file_read(j->arena, j->list, GAIJI_CSV_MAX_BYTES, &list, &bytes, err);
	if (r)
		return err_raise(err, FAULT_UNAVAILABLE, "list cannot be read, or is too large", r);
	if (bytes >= 3 && memcmp(list, "\xEF\xBB\xBF", 3) == 0) {
		list += 3;
		bytes -= 3;
	}
	sha256(font, font_bytes, hash);
	text_hex_format(hash, sizeof(hash), hex);
	if (bytes == 0 || list[0] != '#')
		buf_printf(out, "#gaiji.ttf sha256 %s\n", hex);
	buf_put(out, list, bytes);
	return buf_ok(out) ? 0 : err_raise(err, FAULT_BAD_INPUT, "list's size", (long)bytes);
}

/* Both under new names, looked at there, then put in place: what is in use was looked at. */
static int
import_files(
    struct gaiji_job *j, const uint8_t *font, size_t bytes, const struct buf *list, struct err *err)
{
	const char *ttf = arena_printf(j->arena, "%s/gaiji.ttf", j->folder);
	const char *csv = arena_printf(j->arena, "%s/gaiji.csv", j->folder);
	const char *new_ttf = arena_printf(j->arena, "%s.new", ttf);
	const char *new_csv = arena_printf(j->arena, "%s.new", csv);
	if (mkdir(j->folder, 0755) != 0 && errno != EEXIST)
		return err_raise(err, FAULT_UNAVAILABLE, "folder beside the manifest", errno);
	int r = file_write_atomic(new_ttf, font, bytes, 0644, err);
	if (r == 0)
		r = file_write_atomic(new_csv, list->p, list->bytes, 0644, err);
	if (r == 0)
		r = render_gaiji_check(j->fonts, j->muni, new_ttf, new_csv, &j->n, err);
	if (r == 0 && (rename(new_ttf, ttf) != 0 || rename(new_csv, csv) != 0))
		r = err_raise(err, FAULT_UNAVAILABLE, "putting them in place", errno);
	if (r) {
		(void)unlink(new_ttf);
		(void)unlink(new_csv);
		(void)rmdir(j->folder); /* goes only when it is empty */
	}
	return r;
}

static int
import_run(struct gaiji_job *j, struct err *err)
{
	uint8_t *font = NULL;
	size_t bytes = 0;
	struct buf list;
	int r = file_read(j->arena, j->font, GAIJI_FONT_MAX_BYTES, &font, &bytes, err);
	if (r)
		return err_raise(err, FAULT_UNAVAILABLE, "font cannot be read, or is too large", r);
	buf_init(&list, GAIJI_CSV_MAX_BYTES);
	r = list_make(j, font, bytes, &list, err);
	if (r == 0)
		r = import_files(j, font, bytes, &list, err);
	buf_done(&list);
	return r;
}

/* A code point or a line: private use begins far behind the last line there can be. */
static int
refusal_print(const struct err *err)
{
	const struct err_step *s = &err->trail[0];
	if (err->depth > 0 && s->number >= 0xE000)
		fprintf(stderr, "kofu-server: gaiji: refused: %s (U+%04lX)\n", s->what,
		    (unsigned long)s->number);
	else
		fprintf(stderr, "kofu-server: gaiji: refused: %s (%ld)\n",
		    err->depth > 0 ? s->what : "", err->depth > 0 ? s->number : 0);
	return EXIT_FAULT;
}

int
admin_command_gaiji(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(GAIJI_ARENA_BYTES);
	struct gaiji_job j = { .arena = a };
	struct err err = { 0 };
	if (argc != 6)
		return admin_usage(ADMIN_USAGE_GAIJI);
	bool import = strcmp(argv[1], "import") == 0;
	if (!import && strcmp(argv[1], "check") != 0)
		return admin_usage(ADMIN_USAGE_GAIJI);
	int r = job_load(&j, argv + 1, &err);
	if (r)
		return admin_failed(r, "gaiji", &err);
	r = import ? import_run(&j, &err)
		   : render_gaiji_check(j.fonts, j.muni, j.font, j.list, &j.n, &err);
	if (r)
		return refusal_print(&err);
	printf("%s: %u gaiji %s\n", j.muni.s, j.n,
	    import ? "imported; they print from the next start on" : "without a fault");
	return 0;
}
