/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen_queries - SQL files to C, at build time (db/README.md).
 *
 *   gen_queries queries    OUT.h OUT.c DEPFILE SITE ROLE FOLDER
 *   gen_queries migrations OUT.h OUT.c DEPFILE SITE FOLDER
 *
 * The folder itself is an entry of the depfile, so that a file that comes or
 * goes is seen without a list of names. A file against the rules ends the build
 * with its name, line and reason. Runs on the machine that builds: plain C, no
 * memory of its own making.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MAX_FILES = 512,
	MAX_PATH_BYTES = 1024,
	MAX_NAME = 64,
	MAX_SQL_BYTES = 256 * 1024,
	MAX_ARGS = 32 /* DB_MAX_ARGS */
};

static char names[MAX_FILES][MAX_NAME + 1];
static size_t n_names;
static char text[MAX_SQL_BYTES + 1];

static void __attribute__((noreturn, format(printf, 3, 4)))
die(const char *path, unsigned line, const char *fmt, ...)
{
	va_list ap;
	fprintf(stderr, "%s:%u: ", path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void
join(char out[MAX_PATH_BYTES], const char *folder, const char *file)
{
	int n = snprintf(out, MAX_PATH_BYTES, "%s/%s", folder, file);
	if (n < 0 || n >= MAX_PATH_BYTES)
		die(folder, 0, "path too long");
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
name_take(const char *folder, const char *file)
{
	size_t n = strlen(file);
	if (n <= 4 || strcmp(file + n - 4, ".sql") != 0 || file[0] == '.')
		return;
	if (n - 4 > MAX_NAME || n_names == MAX_FILES)
		die(folder, 0, "name too long or too many files: %s", file);
	for (size_t i = 0; i < n - 4; i++)
		if (!islower((unsigned char)file[i]) && !isdigit((unsigned char)file[i]) &&
		    file[i] != '_')
			die(folder, 0, "a name has lower-case letters, digits and _ only: %s",
			    file);
	memcpy(names[n_names], file, n - 4);
	names[n_names++][n - 4] = '\0';
}

/* A folder that is not there yet has no files. */
static void
folder_list(const char *folder)
{
	DIR *d = opendir(folder);
	if (d == NULL && errno != ENOENT)
		die(folder, 0, "cannot be read");
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		name_take(folder, e->d_name);
	if (d != NULL)
		closedir(d);
	qsort(names, n_names, sizeof(names[0]), name_cmp);
}

/* The file whose change makes a missing folder appear is the nearest one above it. */
static void
depfile_write(const char *path, const char *target, const char *folder)
{
	char nearest[MAX_PATH_BYTES];
	struct stat st;
	join(nearest, folder, ".");
	nearest[strlen(folder)] = '\0';
	for (char *slash; stat(nearest, &st) != 0 && (slash = strrchr(nearest, '/')) != NULL;)
		*slash = '\0';
	FILE *f = fopen(path, "w");
	if (f == NULL)
		die(path, 0, "cannot be written");
	fprintf(f, "%s: %s", target, nearest);
	for (size_t i = 0; i < n_names; i++)
		fprintf(f, " %s/%s.sql", folder, names[i]);
	fputc('\n', f);
	if (fclose(f) != 0)
		die(path, 0, "cannot be written");
}

static void
file_load(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		die(path, 0, "cannot be read");
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (n == sizeof(text))
		die(path, 0, "over %d bytes", MAX_SQL_BYTES);
	text[n] = '\0';
	if (strlen(text) != n)
		die(path, 0, "holds a NUL");
}

static void
write_literal(FILE *out, const char *s)
{
	fputs("\t\"", out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '\n')
			fputs(s[1] ? "\\n\"\n\t\"" : "\\n", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '?')
			fputs("\\?", out); /* no trigraph */
		else if (c < 0x20 || c >= 0x7F)
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
	fputs("\"", out);
}

struct query {
	char purpose[200];
	unsigned args;
	const char *rows; /* a C name */
	bool copy;
	char *sql;
};

/* "-- key: value" -> value in place, or NULL. */
static char *
header_value(char *line, const char *key)
{
	size_t n = strlen(key);
	if (strncmp(line, "-- ", 3) != 0 || strncmp(line + 3, key, n) != 0 || line[3 + n] != ':')
		return NULL;
	char *v = line + 3 + n + 1;
	return v + strspn(v, " ");
}

static const char *
header_rows(const char *v)
{
	static const char *const known[][2] = { { "none", "DB_ROWS_NONE" },
		{ "one", "DB_ROWS_ONE" }, { "maybe", "DB_ROWS_MAYBE" }, { "many", "DB_ROWS_MANY" },
		{ "copy", "DB_ROWS_COPY" }, { "binary", "DB_ROWS_BINARY" } };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(v, known[i][0]) == 0)
			return known[i][1];
	return NULL;
}

static bool
header_line(const char *path, unsigned line, char *s, struct query *q, bool *seen_args)
{
	char *v;
	if ((v = header_value(s, "SPDX-License-Identifier")) != NULL)
		return true;
	if ((v = header_value(s, "args")) != NULL) {
		char *end;
		unsigned long n = strtoul(v, &end, 10);
		if (*v == '\0' || *end != '\0' || n > MAX_ARGS || *seen_args)
			die(path, line, "args: one number, 0..%d, once", MAX_ARGS);
		q->args = (unsigned)n;
		*seen_args = true;
		return true;
	}
	if ((v = header_value(s, "rows")) != NULL) {
		if (q->rows != NULL || (q->rows = header_rows(v)) == NULL)
			die(path, line, "rows: none, one, maybe, many, copy or binary, once");
		q->copy = strcmp(v, "copy") == 0 || strcmp(v, "binary") == 0;
		return true;
	}
	if (strncmp(s, "-- ", 3) != 0)
		return false;
	if (q->purpose[0] == '\0' &&
	    (size_t)snprintf(q->purpose, sizeof(q->purpose), "%s", s + 3) >= sizeof(q->purpose))
		die(path, line, "the purpose is too long");
	if (strstr(s, "*/") != NULL)
		die(path, line, "the purpose ends a C comment");
	return true;
}

static struct query
query_header(const char *path, unsigned *ret_line)
{
	struct query q = { .args = 0 };
	bool seen_args = false;
	unsigned line = 1;
	char *at = text;
	for (; *at != '\0'; line++) {
		char *end = strchr(at, '\n');
		if (end == NULL)
			die(path, line, "the last line has no end");
		*end = '\0';
		if (!header_line(path, line, at, &q, &seen_args)) {
			*end = '\n';
			break;
		}
		at = end + 1;
	}
	if (q.purpose[0] == '\0' || !seen_args || q.rows == NULL)
		die(path, line,
		    "the head needs \"-- purpose\", \"-- args: N\" and \"-- rows: ...\"");
	q.sql = at;
	*ret_line = line;
	return q;
}

/* Past a quoted text, a quoted name or a comment that begins at @s; @s itself when none does. */
static const char *
skip_quoted(const char *path, unsigned line, const char *s)
{
	if (s[0] == '-' && s[1] == '-')
		return s + strcspn(s, "\n");
	const char *close = NULL;
	if (s[0] == '\'' || s[0] == '"')
		close = strchr(s + 1, s[0]);
	else if (s[0] == '/' && s[1] == '*' && (close = strstr(s + 2, "*/")) != NULL)
		close++;
	else if (s[0] != '/' || s[1] != '*')
		return s;
	if (close == NULL)
		die(path, line, "a quote or comment has no end");
	return close + 1;
}

/* Notes which $n a statement uses; a second statement is refused. */
static void
query_scan(const char *path, unsigned line, char *sql, bool used[MAX_ARGS + 1])
{
	for (char *s = sql; *s;) {
		const char *past = skip_quoted(path, line, s);
		if (past != s) {
			for (; s < past; s++)
				line += *s == '\n';
			continue;
		}
		if (*s == ';' && s[1 + strspn(s + 1, " \t\n")] != '\0')
			die(path, line, "one statement a file");
		if (*s == ';')
			*s = ' ';
		if (s[0] == '$' && !isdigit((unsigned char)s[1]))
			die(path, line, "dollar quotes have no place in a query");
		if (s[0] == '$') {
			unsigned long n = strtoul(s + 1, NULL, 10);
			if (n < 1 || n > MAX_ARGS)
				die(path, line, "$%lu is no argument", n);
			used[n] = true;
		}
		line += *s == '\n';
		s++;
	}
}

/* COPY t (a, b) FROM STDIN: as many columns as args. */
static void
copy_check(const char *path, unsigned line, const struct query *q)
{
	bool binary = strcmp(q->rows, "DB_ROWS_BINARY") == 0;
	const char *form = binary ? "FROM STDIN (FORMAT binary)" : "FROM STDIN";
	const char *open = strchr(q->sql, '(');
	const char *close = open ? strchr(open, ')') : NULL;
	unsigned n = 1;
	if (strncmp(q->sql, "COPY ", 5) != 0 || close == NULL || strstr(close, form) == NULL)
		die(path, line, "a copy is \"COPY table (column, ...) %s\"", form);
	const char *tail = strstr(close, form) + strlen(form);
	if (tail[strspn(tail, " \t\n")] != '\0')
		die(path, line, "nothing follows %s", form);
	for (const char *s = open; s < close; s++)
		n += *s == ',';
	if (n != q->args)
		die(path, line, "%u columns, but args: %u", n, q->args);
}

static void
query_write(
    FILE *h, FILE *c, const char *site, const char *role, const char *folder, const char *name)
{
	char path[MAX_PATH_BYTES];
	bool used[MAX_ARGS + 1] = { false };
	unsigned line = 1;
	int n = snprintf(path, sizeof(path), "%s/%s.sql", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		die(folder, 0, "path too long");
	file_load(path);
	struct query q = query_header(path, &line);
	if (q.sql[strspn(q.sql, " \t\n")] == '\0')
		die(path, line, "there is no statement");
	query_scan(path, line, q.sql, used);
	if (q.copy)
		copy_check(path, line, &q);
	for (unsigned i = 1; i <= MAX_ARGS; i++)
		if (used[i] != (!q.copy && i <= q.args))
			die(path, line, "$%u is %s, but args: %u", i, used[i] ? "used" : "not used",
			    q.args);
	fprintf(h, "/* %s */\nextern const struct db_query q_%s_%s;\n", q.purpose, role, name);
	fprintf(c,
	    "const struct db_query q_%s_%s = {\n\t.name = \"%s/%s/%s\",\n\t.n_args = %u,\n"
	    "\t.rows = %s,\n\t.sql =\n",
	    role, name, site, role, name, q.args, q.rows);
	write_literal(c, q.sql);
	fputs("\n};\n", c);
}

static void
migration_write(FILE *c, const char *folder, const char *name, unsigned number)
{
	char path[MAX_PATH_BYTES];
	char want[6];
	int n = snprintf(path, sizeof(path), "%s/%s.sql", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		die(folder, 0, "path too long");
	(void)snprintf(want, sizeof(want), "%04u_", number);
	if (strncmp(name, want, 5) != 0)
		die(path, 0, "the next migration is %sverb_object.sql", want);
	file_load(path);
	fprintf(c, "\t{ .number = %u, .name = \"%s\", .sql =\n", number, name);
	write_literal(c, text);
	fputs(" },\n", c);
}

static void
queries(FILE *h, FILE *c, const char *site, const char *role, const char *folder)
{
	fprintf(h, "#include \"db/db.h\"\n\n");
	fprintf(c, "#include \"queries/%s_%s.h\"\n\n", site, role);
	for (size_t i = 0; i < n_names; i++)
		query_write(h, c, site, role, folder, names[i]);
	fprintf(c, "extern const int queries_%s_%s_n;\nconst int queries_%s_%s_n = %zu;\n", site,
	    role, site, role, n_names);
}

static void
migrations(FILE *h, FILE *c, const char *site, const char *folder)
{
	fprintf(h,
	    "#include \"db/db.h\"\n\nextern const struct db_migration db_%s_migrations[];\n"
	    "extern const size_t db_%s_migrations_n;\n",
	    site, site);
	fprintf(c,
	    "#include \"queries/%s_migrations.h\"\n\nconst struct db_migration "
	    "db_%s_migrations[] = {\n",
	    site, site);
	for (size_t i = 0; i < n_names; i++)
		migration_write(c, folder, names[i], (unsigned)i + 1);
	fprintf(c, "\t{ 0 },\n};\nconst size_t db_%s_migrations_n = %zu;\n", site, n_names);
}

int
main(int argc, char **argv)
{
	bool is_queries = argc == 8 && strcmp(argv[1], "queries") == 0;
	if (!is_queries && !(argc == 7 && strcmp(argv[1], "migrations") == 0)) {
		fprintf(stderr,
		    "usage: gen_queries queries OUT.h OUT.c DEPFILE SITE ROLE FOLDER\n"
		    "       gen_queries migrations OUT.h OUT.c DEPFILE SITE FOLDER\n");
		return 2;
	}
	const char *folder = argv[argc - 1];
	folder_list(folder);
	depfile_write(argv[4], argv[2], folder);
	FILE *h = fopen(argv[2], "w");
	FILE *c = fopen(argv[3], "w");
	if (h == NULL || c == NULL)
		die(argv[2], 0, "cannot be written");
	fprintf(h,
	    "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by gen_queries. */\n"
	    "#pragma once\n");
	fprintf(c, "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by gen_queries. */\n");
	if (is_queries)
		queries(h, c, argv[5], argv[6], folder);
	else
		migrations(h, c, argv[5], folder);
	if (fclose(h) != 0 || fclose(c) != 0)
		die(argv[2], 0, "cannot be written");
	return 0;
}
