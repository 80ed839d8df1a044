/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/world/jpki/jpki.h"

#include "base/text.h"
#include "tests/world/tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

static const char *const STATES[] = { "good", "hold", "revoked" };
static const char *const HIERS[] = { "auth", "sign" };

const char *
jpki_state_name(enum jpki_state state)
{
	return STATES[state];
}

int
jpki_status_lock(struct arena *a, const char *dir)
{
	int fd = open(tool_path(a, dir, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		tool_die("%s/lock: %s", dir, strerror(errno));
	return fd;
}

static int
jpki_word(const char *w, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w, words[i]) == 0)
			return (int)i;
	tool_die("status: a word that is none");
}

/* "auth 1001 2 good 1795000000" */
static void
jpki_line_parse(char *line, struct jpki_cert *ret)
{
	char *save = NULL;
	char *w[5];
	for (size_t i = 0; i < N_ELEMENTS(w); i++)
		if ((w[i] = strtok_r(i == 0 ? line : NULL, " ", &save)) == NULL)
			tool_die("status: a short line");
	if (strtok_r(NULL, " ", &save) != NULL)
		tool_die("status: a long line");
	ret->hier = (enum jpki_hier)jpki_word(w[0], HIERS, N_ELEMENTS(HIERS));
	ret->serial = (uint32_t)tool_number(w[1], 1, JPKI_SERIAL_MAX, "status: serial");
	ret->gen = (int)tool_number(w[2], 1, JPKI_N_GENS, "status: generation");
	ret->state = (enum jpki_state)jpki_word(w[3], STATES, N_ELEMENTS(STATES));
	ret->since_s = tool_number(w[4], 0, INT64_MAX, "status: time");
}

void
jpki_status_load(struct arena *a, const char *dir, struct jpki_certs *ret)
{
	size_t bytes = 0, lines = 0;
	char *save = NULL;
	char *text = (char *)tool_read(a, tool_path(a, dir, "status"), &bytes);
	for (size_t i = 0; i < bytes; i++)
		lines += text[i] == '\n';
	if (lines > JPKI_N_CERTS_MAX)
		tool_die("status: more than %d lines", JPKI_N_CERTS_MAX);
	*ret = (struct jpki_certs){ .all = arena_zero_n(a, lines + 2, sizeof(struct jpki_cert)) };
	for (char *l = strtok_r(text, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save))
		if (ret->n < lines)
			jpki_line_parse(l, &ret->all[ret->n++]);
}

void
jpki_status_save(struct arena *a, const char *dir, const struct jpki_certs *certs)
{
	struct buf b;
	buf_init(&b, 16 << 20);
	for (size_t i = 0; i < certs->n; i++) {
		const struct jpki_cert *c = &certs->all[i];
		buf_printf(&b, "%s %u %d %s %lld\n", HIERS[c->hier], c->serial, c->gen,
		    STATES[c->state], (long long)c->since_s);
	}
	if (!buf_ok(&b))
		tool_die("status: too large");
	tool_write(tool_path(a, dir, "status"), b.p ? (const void *)b.p : "", b.bytes, 0600);
	buf_done(&b);
}

struct jpki_cert *
jpki_status_find(const struct jpki_certs *certs, enum jpki_hier hier, uint32_t serial)
{
	for (size_t i = 0; i < certs->n; i++)
		if (certs->all[i].hier == hier && certs->all[i].serial == serial)
			return &certs->all[i];
	return NULL;
}
