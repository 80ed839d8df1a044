/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "center/inquiry/check.h"
#include "center/inquiry/compare.h"
#include "center/inquiry/decoder.h"
#include "center/inquiry/decoder_child.h"
#include "center/inquiry/load.h"
#include "center/inquiry/multipart.h"
#include "center/inquiry/qr.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEST_ARENA = 1 << 30 };

/* ---- a page that looks like one: ruled lines and rows of character-like marks ---- */

static uint32_t
lcg(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

static void
dot(uint8_t *page, unsigned x, unsigned y)
{
	page[(size_t)y * FRONT_ROW_BYTES + x / 8] |= (uint8_t)(0x80 >> (x & 7));
}

static void
box(uint8_t *page, unsigned x, unsigned y, unsigned w, unsigned h)
{
	for (unsigned j = y; j < y + h; j++)
		for (unsigned i = x; i < x + w; i++)
			dot(page, i, j);
}

/* A few strokes in a square of 40 pixels, chosen by @seed. */
static void
mark(uint8_t *page, unsigned x, unsigned y, uint32_t seed)
{
	for (int k = 0; k < 4; k++) {
		box(page, x + lcg(&seed) % 20, y + lcg(&seed) % 36, 18, 3);
		box(page, x + lcg(&seed) % 36, y + lcg(&seed) % 20, 3, 18);
	}
}

static uint8_t *
test_front(struct arena *a, uint32_t changed)
{
	uint8_t *page = arena_zero(a, (size_t)FRONT_ROW_BYTES * FRONT_H);
	uint32_t seed = 7;
	for (unsigned row = 0; row < 24; row++) {
		unsigned y = 300 + row * 110;
		box(page, 200, y - 20, 2080, 4);
		for (unsigned i = 0; i < 12 + row % 9; i++) {
			uint32_t c = lcg(&seed);
			mark(page, 240 + i * 60, y + 20, row == 9 && i == 5 ? c + changed : c);
		}
	}
	box(page, 200, 280, 4, 24 * 110);
	box(page, 2276, 280, 4, 24 * 110);
	return page;
}

/* The page as a scanner sees it: turned, at another resolution, a little soft and noisy. */
static struct scan_image
test_scan(struct arena *a, const uint8_t *front, double dpi, double deg)
{
	unsigned w = (unsigned)(FRONT_W * dpi / 300);
	unsigned h = (unsigned)(FRONT_H * dpi / 300);
	uint8_t *p = arena_zero(a, (size_t)w * h);
	double c = cos(deg * M_PI / 180) * 300 / dpi;
	double s = sin(deg * M_PI / 180) * 300 / dpi;
	uint32_t seed = 3;
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			unsigned ink = 0;
			for (unsigned k = 0; k < 9; k++) {
				double u = x + (k % 3) / 3.0 - w / 2.0;
				double v = y + (double)(k / 3) / 3.0 - h / 2.0;
				double fx = u * c + v * s + FRONT_W / 2.0;
				double fy = v * c - u * s + FRONT_H / 2.0;
				if (fx >= 0 && fy >= 0 && fx < FRONT_W && fy < FRONT_H)
					ink += front_ink(front, (unsigned)fx, (unsigned)fy);
			}
			p[(size_t)y * w + x] = (uint8_t)(232 - ink * 20 + lcg(&seed) % 12);
		}
	return (struct scan_image){ p, w, h, w };
}

static unsigned
differing(struct arena *a, const uint8_t *front, const struct scan_image *s, bool *ret_field)
{
	struct err err = { 0 };
	struct registration g;
	struct comparison k;
	/* the row of the change, and the row above it */
	struct compare_area areas[] = { { .box = { 230, 1300, 1300, 60 } },
		{ .box = { 230, 1190, 1300, 60 } } };
	assert_int_equal(register_front(a, s, front, NULL, 0, &g, &err), 0);
	assert_int_equal(compare_front(a, &g, s, front, NULL, areas, 2, &k), 0);
	assert_false(areas[1].differs);
	*ret_field = areas[0].differs;
	return k.n_differing_windows;
}

static void
a_scan_of_the_same_front_shows_no_difference(void **state)
{
	static const struct {
		double dpi, deg;
	} t[] = { { 300, 2.3 }, { 200, -1.7 }, { 150, 180.6 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		uint8_t *front = test_front(a, 0);
		struct scan_image s = test_scan(a, front, t[i].dpi, t[i].deg);
		bool field = true;
		assert_int_equal(differing(a, front, &s, &field), 0);
		assert_false(field);
	}
}

static void
one_changed_character_is_found_in_its_field(void **state)
{
	static const struct {
		double dpi, deg;
	} t[] = { { 300, 0 }, { 200, -1.7 } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		uint8_t *front = test_front(a, 0);
		uint8_t *forged = test_front(a, 12345);
		struct scan_image s = test_scan(a, forged, t[i].dpi, t[i].deg);
		bool field = false;
		assert_true(differing(a, front, &s, &field) > 0);
		assert_true(field);
	}
}

static void
another_page_is_not_taken_for_the_front(void **state)
{
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
	struct err err = { 0 };
	struct registration g;
	uint8_t *front = test_front(a, 0);
	uint8_t *other = arena_zero(a, (size_t)FRONT_ROW_BYTES * FRONT_H);
	uint32_t seed = 99;
	(void)state;
	for (unsigned i = 0; i < 300; i++)
		mark(other, 100 + lcg(&seed) % 2200, 100 + lcg(&seed) % 3200, seed);
	struct scan_image s = test_scan(a, other, 200, 0);
	assert_int_equal(register_front(a, &s, front, NULL, 0, &g, &err), REGISTER_E_NO_MATCH);
	struct scan_image small = { s.p, SCAN_MIN_SIDE - 1, 1000, s.stride };
	assert_int_equal(register_front(a, &small, front, NULL, 0, &g, &err), REGISTER_E_SIZE);
}

/* ---- what is typed and sent ---- */

static void
a_typed_code_is_read_however_it_is_written(void **state)
{
	char out[17] = "";
	(void)state;
	assert_true(check_code_normalise("k7qp-3xma 9r2d-4tw0", out));
	assert_string_equal(out, "K7QP3XMA9R2D4TW0");
	assert_true(check_code_normalise("OIL0000000000000", out));
	assert_string_equal(out, "0110000000000000");
	assert_false(check_code_normalise("K7QP3XMA9R2D4TW", out));
	assert_false(check_code_normalise("K7QP3XMA9R2D4TW00", out));
	assert_false(check_code_normalise("K7QP3XMA9R2D4TWU", out)); /* no U in Crockford's */
	assert_false(check_code_normalise("", out));
}

static void
the_code_is_the_last_part_of_the_qr(void **state)
{
	(void)state;
	assert_string_equal(
	    qr_front_code("http://inquiry.example/#991015-1.K7QP3XMA9R2D4TW0"), "K7QP3XMA9R2D4TW0");
	assert_null(qr_front_code("http://inquiry.example/#991015-1.K7QP3XMA9R2D4TWU"));
	assert_null(qr_front_code("http://inquiry.example/"));
	assert_null(qr_front_code(NULL));
}

#define TYPE "multipart/form-data; boundary=XX"
#define FILE_PART "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"name\"\r\n\r\n"
#define CODE_PART "--XX\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n"

static void
forms_that_break_the_rules_are_refused(void **state)
{
	static const struct {
		const char *type, *body;
		int want;
	} t[] = {
		{ TYPE, FILE_PART "abc\r\n--XX--\r\n", 0 },
		{ TYPE, FILE_PART "a\r\n--X\r\nb\r\n--XX--", 0 },
		{ "multipart/form-data; boundary=\"XX\"", FILE_PART "abc\r\n--XX--", 0 },
		{ TYPE, CODE_PART "\r\n--XX--", 0 },
		{ "text/plain", FILE_PART "abc\r\n--XX--", FAULT_BAD_INPUT },
		{ "multipart/form-data", FILE_PART "abc\r\n--XX--", FAULT_BAD_INPUT },
		{ NULL, FILE_PART "abc\r\n--XX--", FAULT_BAD_INPUT },
		{ TYPE, FILE_PART "\r\n--XX--", FAULT_BAD_INPUT }, /* an empty file */
		{ TYPE, FILE_PART "abc", FAULT_BAD_INPUT },
		{ TYPE, "--XX\r\n\r\nabc\r\n--XX--", FAULT_BAD_INPUT },
		{ TYPE,
		    "--XX\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nabc\r\n--XX--",
		    FAULT_BAD_INPUT },
		{ TYPE,
		    "--XX\r\nContent-Disposition: form-data; "
		    "filename=\"file\"\r\n\r\nabc\r\n--XX--",
		    FAULT_BAD_INPUT },
		{ TYPE, "", FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct multipart m;
		struct err err = { 0 };
		assert_int_equal(
		    multipart_parse(t[i].type, t[i].body, strlen(t[i].body), &m, &err), t[i].want);
	}
}

static void
a_form_takes_its_limit_of_files_and_not_one_more(void **state)
{
	struct buf b;
	struct multipart m;
	struct err err = { 0 };
	(void)state;
	for (unsigned n = MULTIPART_MAX_FILES; n <= MULTIPART_MAX_FILES + 1; n++) {
		buf_init(&b, 1 << 16);
		for (unsigned i = 0; i < n; i++)
			buf_text(&b, FILE_PART "abc\r\n");
		buf_text(&b, "--XX--");
		int r = multipart_parse(TYPE, b.p, b.bytes, &m, &err);
		assert_int_equal(r, n > MULTIPART_MAX_FILES ? FAULT_BAD_INPUT : 0);
		buf_done(&b);
	}
}

static void
files_that_are_no_picture_are_refused_by_name(void **state)
{
	static const struct {
		const char *p;
		int want;
	} t[] = { { "P5\n2 2\n255\nabcd", 0 }, { "P5\n2 2\n255\nabc", LOAD_E_NO_PICTURE },
		{ "P5\n2 2\n65535\nabcdabcd", LOAD_E_NO_PICTURE },
		{ "P5\n12001 1\n255\n", LOAD_E_TOO_MANY_PIXELS },
		{ "P5\n12000 12000\n255\n", LOAD_E_TOO_MANY_PIXELS },
		{ "P5\n0 2\n255\n", LOAD_E_NO_PICTURE }, { "hello", LOAD_E_NO_PICTURE },
		{ "\x89PNG\r\n\x1a\nnot really", LOAD_E_NO_PICTURE },
		{ "\xff\xd8\xff\xe0 no", LOAD_E_NO_PICTURE } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		struct load_pages pages = { .n = 0 };
		assert_int_equal(load_file(a, t[i].p, strlen(t[i].p), &pages), t[i].want);
	}
}

static void
an_upload_takes_eight_pages_and_not_nine(void **state)
{
	static const char page[] = "P5\n2 2\n255\nabcd";
	(void)state;
	for (unsigned n = LOAD_MAX_PAGES; n <= LOAD_MAX_PAGES + 1; n++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		struct load_pages pages = { .n = 0 };
		char *all = arena_zero(a, n * sizeof(page));
		for (unsigned i = 0; i < n; i++)
			memcpy(all + i * (sizeof(page) - 1), page, sizeof(page) - 1);
		assert_int_equal(load_file(a, all, n * (sizeof(page) - 1), &pages),
		    n > LOAD_MAX_PAGES ? LOAD_E_TOO_MANY_PAGES : 0);
	}
}

/* Pages of one PGM: @w x @h pixels each, white. */
static void
put_page(struct buf *b, unsigned w, unsigned h)
{
	static const uint8_t white[SCAN_MAX_SIDE] = { 0 };
	buf_printf(b, "P5\n%u %u\n255\n", w, h);
	for (unsigned y = 0; y < h; y++)
		buf_put(b, white, w);
}

static void
an_upload_takes_140_megapixels_and_not_one_more(void **state)
{
	static const struct {
		unsigned w, h, want;
	} t[] = { { 8000, 1, 0 }, { 8001, 1, LOAD_E_TOO_MANY_PIXELS } };
	const unsigned w = 12000;
	const unsigned h = 11666; /* 8,000 pixels are left */
	(void)state;
	assert_int_equal(w * h + 8000, LOAD_MAX_PIXELS);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		struct load_pages pages = { .n = 0 };
		struct buf b;
		buf_init(&b, 1 << 28);
		put_page(&b, w, h);
		put_page(&b, t[i].w, t[i].h);
		assert_true(buf_ok(&b));
		assert_int_equal(load_file(a, b.p, b.bytes, &pages), t[i].want);
		buf_done(&b);
	}
}

static void
a_side_has_12000_pixels_and_not_one_more(void **state)
{
	(void)state;
	for (unsigned w = SCAN_MAX_SIDE; w <= SCAN_MAX_SIDE + 1; w++) {
		AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
		struct load_pages pages = { .n = 0 };
		char head[40];
		int n = snprintf(head, sizeof(head), "P5\n%u 1\n255\n", w);
		char *file = arena_zero(a, (size_t)n + w);
		memcpy(file, head, (size_t)n);
		assert_int_equal(load_file(a, file, (size_t)n + w, &pages),
		    w > SCAN_MAX_SIDE ? LOAD_E_TOO_MANY_PIXELS : 0);
	}
}

/* One page of a PDF with @body; pdftoppm needs no table of places. */
static struct buf
small_pdf(const char *body)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b,
	    "%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
	    "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
	    "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Contents 4 0 R "
	    "/Resources << /XObject << /F 5 0 R /G 6 0 R >> >> >>\nendobj\n"
	    "4 0 obj\n<< /Length %zu >>\nstream\n%s\nendstream\nendobj\n",
	    strlen(body), body);
	/* F draws G a thousand times, G a thousand lines */
	for (int k = 5; k <= 6; k++) {
		size_t bytes = k == 5 ? 1000 * strlen("/G Do ") : 1000 * strlen("0 0 m 72 72 l S ");
		buf_printf(&b,
		    "%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 72 72] /Resources << "
		    "/XObject << /G 6 0 R >> >> /Length %zu >>\nstream\n",
		    k, bytes);
		for (int i = 0; i < 1000; i++)
			buf_text(&b, k == 5 ? "/G Do " : "0 0 m 72 72 l S ");
		buf_text(&b, "\nendstream\nendobj\n");
	}
	buf_text(&b, "trailer\n<< /Root 1 0 R /Size 7 >>\n%%EOF\n");
	return b;
}

static void
a_pdf_has_its_seconds_and_no_more(void **state)
{
	static const struct {
		const char *body;
		int want;
	} t[] = { { "/G Do", 0 }, { "/F Do /F Do /F Do /F Do /F Do /F Do", LOAD_E_NO_PICTURE } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct buf pdf = small_pdf(t[i].body);
		struct buf pgm;
		struct err err = { 0 };
		buf_init(&pgm, 1 << 20);
		assert_int_equal(decoder_pdf_to_pgm(pdf.p, pdf.bytes, 1, &pgm, &err), t[i].want);
		buf_done(&pdf);
		buf_done(&pgm);
	}
}

/* In a process of its own: what it does behind the wall, and how it ended. */
static int
behind_the_wall(unsigned cpu_s, unsigned more_s, void (*what)(void))
{
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = { 0 };
		if (decoder_wall_child(cpu_s, &err) ||
		    (more_s > 0 && decoder_wall_extend(more_s, &err)))
			_exit(70);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
spin(void)
{
	struct timespec t;
	const long enough_s = 3;
	do
		(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec < enough_s);
}

static void
make_a_socket(void)
{
	(void)socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
open_a_file(void)
{
	if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0)
		_exit(1);
}

static void
more_memory_than_allowed(void)
{
	void *p = mmap(NULL, (size_t)DECODER_MEMORY_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED && !SANITIZED)
		_exit(1);
}

static void
another_limit(void)
{
	const struct rlimit l = { 1 << 20, 1 << 20 };
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

static void
the_wall_ends_what_goes_beyond_it(void **state)
{
	(void)state;
	assert_true(WIFSIGNALED(behind_the_wall(1, 0, spin))); /* its time is over */
	int patient = behind_the_wall(1, 8, spin);
	assert_true(WIFEXITED(patient) && WEXITSTATUS(patient) == 0);
	assert_true(WIFSIGNALED(behind_the_wall(9, 0, make_a_socket)));
	assert_true(WIFSIGNALED(behind_the_wall(9, 0, another_limit)));
	int refused = behind_the_wall(9, 0, open_a_file);
	assert_true(WIFEXITED(refused) && WEXITSTATUS(refused) == 0);
	int bounded = behind_the_wall(9, 0, more_memory_than_allowed);
	assert_true(WIFEXITED(bounded) && WEXITSTATUS(bounded) == 0);
}

static void
every_reason_has_a_code_a_sentence_and_a_verdict(void **state)
{
	(void)state;
	for (int r = 1; r < CHECK_N_REASONS; r++) {
		assert_non_null(check_reason_info((enum check_reason)r)->code);
		assert_non_null(check_reason_info((enum check_reason)r)->ja);
		assert_true(check_reason_info((enum check_reason)r)->verdict != 0);
	}
}

static void
the_decoder_reads_a_picture_behind_its_walls(void **state)
{
	const struct payload_ground plain = { .on = false };
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
	struct err err = { 0 };
	struct decoder *d = NULL;
	struct decoder_job *job = NULL;
	struct decoder_pages pages;
	struct decoder_verdict v;
	uint8_t *front = test_front(a, 0);
	struct scan_image s = test_scan(a, front, 200, 0.8);
	const uint8_t *png = NULL;
	size_t png_bytes = 0;
	struct buf pgm;
	(void)state;
	buf_init(&pgm, 1 << 26);
	buf_printf(&pgm, "P5\n%u %u\n255\n", s.w, s.h);
	buf_put(&pgm, s.p, (size_t)s.w * s.h);
	struct decoder_file file = { pgm.p, pgm.bytes };
	struct compare_box area = { 230, 1300, 1300, 60 };
	assert_int_equal(decoder_start(&d, &err), 0);
	assert_int_equal(decoder_open(d, &job, &err), 0);
	assert_int_equal(decoder_read(job, a, &file, 1, &pages, &err), 0);
	assert_int_equal(pages.n, 1);
	assert_int_equal(pages.page[0].kind, DECODER_FRONT);
	assert_int_equal(decoder_compare(job, a, 0, front, &plain, 0, &area, 1, &v, &err), 0);
	assert_int_equal(v.result, 0);
	assert_false(v.areas[0].differs);
	assert_true(v.difference_png_bytes > 100);
	assert_int_equal(decoder_front_png(job, a, front, &png, &png_bytes, &err), 0);
	assert_memory_equal(png, "\x89PNG", 4);
	decoder_close(job);
	decoder_stop(d);
	buf_done(&pgm);
}

/* A PDF page without end comes out of pdftoppm as a single dot. */
static void
a_picture_of_any_size_is_only_no_paper(void **state)
{
	static const unsigned sides[] = { 1, BACKSIDE_IMAGE_MIN_SIDE_PX - 1,
		BACKSIDE_IMAGE_MIN_SIDE_PX, SCAN_MAX_SIDE };
	AUTO(arena) struct arena *a = arena_new(TEST_ARENA);
	struct err err = { 0 };
	struct decoder *d = NULL;
	(void)state;
	assert_int_equal(decoder_start(&d, &err), 0);
	for (size_t i = 0; i < 2 * N_ELEMENTS(sides); i++) {
		unsigned w = i & 1 ? sides[i / 2] : 100;
		unsigned h = i & 1 ? 100 : sides[i / 2];
		struct decoder_job *job = NULL;
		struct decoder_pages pages;
		const char *head = arena_printf(a, "P5\n%u %u\n255\n", w, h);
		size_t bytes = strlen(head) + (size_t)w * h;
		uint8_t *pgm = arena_zero(a, bytes);
		memcpy(pgm, head, strlen(head));
		struct decoder_file file = { pgm, bytes };
		assert_int_equal(decoder_open(d, &job, &err), 0);
		assert_int_equal(decoder_read(job, a, &file, 1, &pages, &err), 0);
		assert_int_equal(pages.n, 1);
		assert_int_equal(pages.page[0].kind, DECODER_FRONT);
		assert_null(pages.page[0].front_code);
		decoder_close(job);
	}
	decoder_stop(d);
}

static void
only_so_many_inquiries_run_at_once(void **state)
{
	struct err err = { 0 };
	struct decoder *d = NULL;
	struct decoder_job *jobs[DECODER_MAX_JOBS + 1] = { NULL };
	(void)state;
	assert_int_equal(decoder_start(&d, &err), 0);
	for (unsigned i = 0; i < DECODER_MAX_JOBS; i++)
		assert_int_equal(decoder_open(d, &jobs[i], &err), 0);
	assert_int_equal(decoder_open(d, &jobs[DECODER_MAX_JOBS], &err), DECODER_E_BUSY);
	decoder_close(jobs[0]);
	assert_int_equal(decoder_open(d, &jobs[0], &err), 0);
	for (unsigned i = 0; i < DECODER_MAX_JOBS; i++)
		decoder_close(jobs[i]);
	decoder_stop(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_of_the_same_front_shows_no_difference),
		cmocka_unit_test(one_changed_character_is_found_in_its_field),
		cmocka_unit_test(another_page_is_not_taken_for_the_front),
		cmocka_unit_test(a_typed_code_is_read_however_it_is_written),
		cmocka_unit_test(the_code_is_the_last_part_of_the_qr),
		cmocka_unit_test(forms_that_break_the_rules_are_refused),
		cmocka_unit_test(a_form_takes_its_limit_of_files_and_not_one_more),
		cmocka_unit_test(files_that_are_no_picture_are_refused_by_name),
		cmocka_unit_test(an_upload_takes_eight_pages_and_not_nine),
		cmocka_unit_test(an_upload_takes_140_megapixels_and_not_one_more),
		cmocka_unit_test(a_side_has_12000_pixels_and_not_one_more),
		cmocka_unit_test(a_pdf_has_its_seconds_and_no_more),
		cmocka_unit_test(the_wall_ends_what_goes_beyond_it),
		cmocka_unit_test(every_reason_has_a_code_a_sentence_and_a_verdict),
		cmocka_unit_test(the_decoder_reads_a_picture_behind_its_walls),
		cmocka_unit_test(a_picture_of_any_size_is_only_no_paper),
		cmocka_unit_test(only_so_many_inquiries_run_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
