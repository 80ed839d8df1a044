/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoder - everything that touches the pixels of an upload, in a process of
 * its own that serves one inquiry and ends: no files, no network, limits on
 * memory and time. A template is forked before the site starts its threads;
 * each job is forked from it.
 *
 *   decoder_start -> decoder_open -> decoder_read -> decoder_compare... -> decoder_close
 *
 * The decoder never holds a key: it reads the sealed bytes off the backs, the
 * site opens them, and hands in the front to compare the scan with.
 */
#pragma once
#include "backside/code.h"
#include "backside/payload.h"
#include "center/inquiry/compare.h"
#include "center/inquiry/load.h"

enum {
	DECODER_MAX_FILES = 8,
	DECODER_MAX_AREAS = 1024,
	DECODER_READ_MS = 30000,    /* a job's first answer */
	DECODER_COMPARE_MS = 20000, /* each comparison */
	/* Processor time, so that a busy machine refuses no honest paper: */
	DECODER_SLOWER = SANITIZED ? 6 : 1,      /* so many times with a sanitizer */
	DECODER_LOAD_CPU_S = 4 * DECODER_SLOWER, /* all files turned into pictures, PDF included */
	DECODER_PAGE_CPU_S = 2 * DECODER_SLOWER, /* each picture's back side looked for */
	DECODER_CPU_S = 40 * DECODER_SLOWER,     /* a job's, comparisons included */
	DECODER_MEMORY_BYTES = 2000 * 1024 * 1024,
	DECODER_MAX_PATIENCE = 100,
	DECODER_MAX_JOBS = 4 /* at a time; more wait their turn or are refused */
};
/* Outcomes: LOAD_E_*, and */
enum { DECODER_E_BUSY = 1931, DECODER_E_DIED = 1932 /* over its limits, or a damaged file */ };

struct decoder;
/* Call before any thread is started. 0 or FAULT_UNAVAILABLE. */
MUST_USE int decoder_start(struct decoder **ret, struct err *err);
void decoder_stop(struct decoder *d); /* NULL is fine */

struct decoder_file {
	const uint8_t *p;
	size_t bytes; /* 1..LOAD_MAX_FILE_BYTES */
};
enum decoder_page_kind {
	DECODER_BACK = 1,         /* sealed bytes read */
	DECODER_BACK_DAMAGED = 2, /* one of ours, too much lost */
	DECODER_BACK_MIRRORED = 3,
	DECODER_FRONT = 4 /* no back side: taken for a front */
};
struct decoder_page {
	unsigned file, page; /* where it came from, from 0 */
	enum decoder_page_kind kind;
	unsigned w, h;
	struct backside_info info;
	const uint8_t *sealed; /* DECODER_BACK */
	size_t sealed_bytes;
	const char *front_code; /* DECODER_FRONT, from its QR; NULL = none seen */
};
struct decoder_pages {
	struct decoder_page page[LOAD_MAX_PAGES];
	unsigned n;
};
struct decoder_verdict {
	int result; /* 0, REGISTER_E_*, COMPARE_E_* */
	double score, dpi, angle_deg;
	unsigned n_differing_windows;
	unsigned n_margin_windows; /* with ink where no form is */
	unsigned missing_edges;    /* BACKSIDE_EDGE_*: of the front, not on the scan */
	struct compare_box first;
	struct compare_area *areas; /* as many as were asked */
	const uint8_t *difference_png;
	size_t difference_png_bytes;
};

struct decoder_job;
/* 0, DECODER_E_BUSY or FAULT_UNAVAILABLE. */
MUST_USE int decoder_open(struct decoder *d, struct decoder_job **ret, struct err *err);
void decoder_close(struct decoder_job *j); /* ends its process; NULL is fine */
/* Told of each page once decoder_read() knows what it is: @done of @of. Set it before. */
struct decoder_watch {
	void (*page)(void *self, unsigned done, unsigned of, unsigned file, unsigned page,
	    enum decoder_page_kind kind);
	void *self;
};
void decoder_set_watch(struct decoder_job *j, const struct decoder_watch *w);
/* Wait so many times as long for each answer: for tests, on machines that have much else to do.
 * What the decoder may use of the processor stays. */
void decoder_set_patience(struct decoder_job *j, unsigned times);
/* Texts and bytes in the arena. 0, LOAD_E_*, DECODER_E_DIED or a fault. */
MUST_USE int decoder_read(struct decoder_job *j, struct arena *a, const struct decoder_file *files,
    unsigned n, struct decoder_pages *ret, struct err *err);
/* Compares page @page of the job with @front and its @ground. 0, DECODER_E_DIED or a fault; the
 * judgement is in *ret. */
MUST_USE int decoder_compare(struct decoder_job *j, struct arena *a, unsigned page,
    const uint8_t *front, const struct payload_ground *ground, double dpi_hint,
    const struct compare_box *areas, unsigned n_areas, struct decoder_verdict *ret,
    struct err *err);
/* The front as PNG, for showing. 0, DECODER_E_DIED or a fault. */
MUST_USE int decoder_front_png(struct decoder_job *j, struct arena *a, const uint8_t *front,
    const uint8_t **ret, size_t *ret_bytes, struct err *err);
