/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed NAME OUT.h OUT.c FILE...: files as a table of C bytes,
 * extern const struct http_page NAME[]. Runs at build time only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static const char *
type_of(const char *name)
{
	static const char *const t[][2] = { { ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" }, { ".svg", "image/svg+xml" },
		{ ".ttf", "font/ttf" }, { ".woff2", "font/woff2" }, { ".png", "image/png" },
		{ ".yaml", "application/yaml" } };
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot != NULL && i < sizeof(t) / sizeof(t[0]); i++)
		if (strcmp(dot, t[i][0]) == 0)
			return t[i][1];
	fprintf(stderr, "embed: no type for %s\n", name);
	exit(1);
}

static long
put_bytes(FILE *out, int index, const char *path)
{
	FILE *in = fopen(path, "rb");
	long n = 0;
	if (in == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(out, "static const uint8_t file_%d[] = {", index);
	for (int c; (c = fgetc(in)) != EOF; n++)
		fprintf(out, "%s%d,", n % 24 ? "" : "\n", c);
	fprintf(out, "0 };\n");
	fclose(in);
	return n;
}

int
main(int argc, char **argv)
{
	if (argc < 5 || argc > 260) {
		fprintf(stderr, "usage: embed NAME OUT.h OUT.c FILE...\n");
		return 2;
	}
	FILE *h = fopen(argv[2], "w");
	FILE *c = fopen(argv[3], "w");
	long bytes[256];
	if (h == NULL || c == NULL) {
		perror("embed");
		return 1;
	}
	fprintf(h, "#pragma once\n#include \"http/pages.h\"\nextern const struct http_page %s[];\n",
	    argv[1]);
	fprintf(c, "#include \"%s\"\n", base_name(argv[2]));
	for (int i = 4; i < argc; i++)
		bytes[i - 4] = put_bytes(c, i, argv[i]);
	fprintf(c, "const struct http_page %s[] = {\n", argv[1]);
	for (int i = 4; i < argc; i++) {
		const char *name = base_name(argv[i]);
		fprintf(c, "{ \"/%s\", \"%s\", file_%d, %ld },\n",
		    strcmp(name, "index.html") ? name : "", type_of(name), i, bytes[i - 4]);
	}
	fprintf(c, "{ 0, 0, 0, 0 } };\n");
	return fclose(h) || fclose(c) ? 1 : 0;
}
