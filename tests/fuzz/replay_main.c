/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of a folder, as an ordinary test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		return 1;
	}
	size_t n = (size_t)st.st_size;
	uint8_t *p = malloc(n + 1);
	int bad = p == NULL || fread(p, 1, n, f) != n;
	if (!bad)
		(void)LLVMFuzzerTestOneInput(p, n);
	free(p);
	fclose(f);
	return bad;
}

int
main(int argc, char **argv)
{
	int files = 0;
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	if (d == NULL) {
		fprintf(stderr, "usage: replay CORPUS-FOLDER\n");
		return 2;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[4096];
		if (e->d_name[0] == '.')
			continue;
		int n = snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
		if (n < 0 || (size_t)n >= sizeof(path) || replay_file(path)) {
			closedir(d);
			return 1;
		}
		files++;
	}
	closedir(d);
	printf("%d files replayed\n", files);
	return files == 0; /* an empty corpus proves nothing */
}
