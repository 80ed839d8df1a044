/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world-printer - a multifunction printer that prints into a folder.
 *
 * IPP on 127.0.0.1, PDF in, A4, duplex. Each job that came out whole is
 * OUT/NNNNNN.pdf, byte for byte, and OUT/NNNNNN.txt says how it was asked for
 * and how it ended; an aborted or cancelled job leaves the .txt alone.
 *
 * The control file is one word, read 20 times a second:
 *   ok           all is well (also when there is no such file)
 *   jam          paper is stuck: stops before the next side
 *   paper-out    the tray is empty: stops before the next side
 *   cover-open, toner-empty, tray-missing   likewise
 *   give-up      the job is aborted
 */
#include "base/file.h"
#include "base/mem.h"
#include "tests/world/tool/tool.h"

#include <getopt.h>
#include <pappl/pappl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: world-printer --port P --dir OUT [--control FILE] [--ms-per-side N]\n"
    "           [--uri-file FILE] [--max-jobs N] [--no-duplex]\n";

enum { WATCH_MS = 50, PRINTER_MS_MAX = 600000, PRINTER_N_MAX = 999999 };
enum trouble {
	TROUBLE_NONE,
	TROUBLE_JAM,
	TROUBLE_EMPTY,
	TROUBLE_COVER,
	TROUBLE_TONER,
	TROUBLE_TRAY,
	TROUBLE_GIVE_UP,
};
static const struct {
	const char *word;
	pappl_preason_t reasons;
} TROUBLES[] = {
	[TROUBLE_NONE] = { "ok", 0 },
	[TROUBLE_JAM] = { "jam", PAPPL_PREASON_MEDIA_JAM },
	[TROUBLE_EMPTY] = { "paper-out", PAPPL_PREASON_MEDIA_EMPTY | PAPPL_PREASON_MEDIA_NEEDED },
	[TROUBLE_COVER] = { "cover-open", PAPPL_PREASON_COVER_OPEN },
	[TROUBLE_TONER] = { "toner-empty", PAPPL_PREASON_TONER_EMPTY },
	[TROUBLE_TRAY] = { "tray-missing", PAPPL_PREASON_INPUT_TRAY_MISSING },
	[TROUBLE_GIVE_UP] = { "give-up", 0 },
};

static struct {
	const char *out;
	const char *control;
	long ms_per_side;
	bool simplex;
	pappl_system_t *system;
	pappl_printer_t *printer;
	atomic_int trouble;
	int last; /* number of the last job; the one job thread's */
} mfp;

static void
mfp_nap_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&t, &t) != 0)
		;
}

static enum trouble
mfp_read_control(void)
{
	char word[16] = { 0 };
	FILE *f = mfp.control ? fopen(mfp.control, "re") : NULL;
	if (f == NULL)
		return TROUBLE_NONE;
	int n = fscanf(f, "%15s", word);
	fclose(f);
	for (size_t i = 0; n == 1 && i < N_ELEMENTS(TROUBLES); i++)
		if (strcmp(word, TROUBLES[i].word) == 0)
			return (enum trouble)i;
	return TROUBLE_NONE;
}

/* A real one says what is wrong whether it has a job or not. */
static void *
mfp_watch(void *arg)
{
	(void)arg;
	for (;;) {
		enum trouble t = mfp_read_control();
		pappl_preason_t now = papplPrinterGetReasons(mfp.printer);
		pappl_preason_t want = TROUBLES[t].reasons;
		if (now != want)
			papplPrinterSetReasons(mfp.printer, want, now & ~want);
		atomic_store(&mfp.trouble, (int)t);
		mfp_nap_ms(WATCH_MS);
	}
	return NULL;
}

/* Waits while something is wrong. False when the job ends here. */
static bool
mfp_wait_ready(pappl_job_t *job)
{
	for (;;) {
		int t = atomic_load(&mfp.trouble);
		if (papplJobIsCanceled(job) || papplSystemIsShutdown(mfp.system) ||
		    t == TROUBLE_GIVE_UP)
			return false;
		if (t == TROUBLE_NONE)
			return true;
		mfp_nap_ms(WATCH_MS);
	}
}

static bool
mfp_print_side(pappl_job_t *job)
{
	for (long left_ms = mfp.ms_per_side; left_ms > 0; left_ms -= WATCH_MS) {
		if (papplJobIsCanceled(job))
			return false;
		mfp_nap_ms(left_ms < WATCH_MS ? left_ms : WATCH_MS);
	}
	return mfp_wait_ready(job);
}

/* Counts page objects; the project's papers keep them outside of object streams. */
static int
mfp_count_pages(const uint8_t *pdf, size_t bytes)
{
	static const char page[] = "/Type /Page";
	int n = 0;
	const uint8_t *end = pdf + bytes;
	for (const uint8_t *p = pdf; (p = memmem(p, (size_t)(end - p), page, sizeof(page) - 1));) {
		p += sizeof(page) - 1;
		n += p == end || *p != 's'; /* not /Pages */
	}
	return n > 0 ? n : 1;
}

static void
mfp_report(struct arena *a, const char *base, const pappl_pr_options_t *o, int pages, int out)
{
	const char *sides = "one-sided";
	if (o->sides == PAPPL_SIDES_TWO_SIDED_LONG_EDGE)
		sides = "two-sided-long-edge";
	else if (o->sides == PAPPL_SIDES_TWO_SIDED_SHORT_EDGE)
		sides = "two-sided-short-edge";
	const char *text = arena_printf(a,
	    "state=%s\nsides=%s\nmedia=%s\nscaling=%s\ncopies=%d\npages=%d\nout=%d\n",
	    out == pages ? "completed" : "not-completed", sides, o->media.size_name,
	    o->print_scaling == PAPPL_SCALING_NONE ? "none" : "other", o->copies, pages, out);
	tool_write(arena_printf(a, "%s.txt", base), text, strlen(text), 0644);
}

/* The job thread: false is "aborted-by-system", or cancelled when it was. */
static bool
mfp_print(pappl_job_t *job, pappl_pr_options_t *options, pappl_device_t *device)
{
	AUTO(arena) struct arena *a = arena_new(65 << 20);
	size_t bytes = 0;
	int out = 0;
	(void)device;
	const uint8_t *pdf = tool_read_maybe(a, papplJobGetFilename(job), &bytes);
	if (pdf == NULL)
		return false;
	int pages = mfp_count_pages(pdf, bytes);
	papplJobSetImpressions(job, pages);
	const char *base = arena_printf(a, "%s/%06d", mfp.out, ++mfp.last);
	if (mfp_wait_ready(job))
		while (out < pages && mfp_print_side(job)) {
			out++;
			papplJobSetImpressionsCompleted(job, 1);
		}
	if (out == pages)
		tool_write(arena_printf(a, "%s.pdf", base), pdf, bytes, 0644);
	mfp_report(a, base, options, pages, out);
	return out == pages;
}

/* PAPPL wants a raster side of every driver; this device refuses whatever is not PDF. */
static bool
mfp_no_job(pappl_job_t *job, pappl_pr_options_t *options, pappl_device_t *device)
{
	(void)job;
	(void)options;
	(void)device;
	return false;
}

static bool
mfp_no_page(pappl_job_t *job, pappl_pr_options_t *options, pappl_device_t *device, unsigned page)
{
	(void)page;
	return mfp_no_job(job, options, device);
}

static bool
mfp_no_line(pappl_job_t *job, pappl_pr_options_t *options, pappl_device_t *device, unsigned y,
    const unsigned char *line)
{
	(void)y;
	(void)line;
	return mfp_no_job(job, options, device);
}

static void
mfp_driver_media(pappl_pr_driver_data_t *d)
{
	static const char a4[] = "iso_a4_210x297mm";
	pappl_media_col_t *m = &d->media_default;
	d->num_media = 1;
	d->media[0] = a4;
	d->num_source = 1;
	d->source[0] = "main";
	d->num_type = 1;
	d->type[0] = "stationery";
	d->num_bin = 1;
	d->bin[0] = "face-down";
	(void)snprintf(m->size_name, sizeof(m->size_name), "%s", a4);
	(void)snprintf(m->source, sizeof(m->source), "main");
	(void)snprintf(m->type, sizeof(m->type), "stationery");
	m->size_width = 21000;
	m->size_length = 29700;
	d->media_ready[0] = *m;
}

static bool
mfp_driver(pappl_system_t *system, const char *name, const char *uri, const char *id,
    pappl_pr_driver_data_t *d, ipp_t **attrs, void *data)
{
	(void)system;
	(void)name;
	(void)uri;
	(void)id;
	(void)attrs;
	(void)data;
	d->printfile_cb = mfp_print;
	d->rstartjob_cb = d->rendjob_cb = mfp_no_job;
	d->rstartpage_cb = d->rendpage_cb = mfp_no_page;
	d->rwriteline_cb = mfp_no_line;
	d->format = "application/pdf";
	(void)snprintf(d->make_and_model, sizeof(d->make_and_model), "Kofu test MFP");
	d->ppm = 30;
	d->kind = PAPPL_KIND_DOCUMENT;
	d->orient_default = IPP_ORIENT_PORTRAIT;
	d->color_supported =
	    PAPPL_COLOR_MODE_AUTO | PAPPL_COLOR_MODE_MONOCHROME | PAPPL_COLOR_MODE_COLOR;
	d->color_default = PAPPL_COLOR_MODE_AUTO;
	d->quality_default = IPP_QUALITY_NORMAL;
	d->scaling_default = PAPPL_SCALING_AUTO;
	d->raster_types = PAPPL_PWG_RASTER_TYPE_SRGB_8;
	d->duplex = mfp.simplex ? PAPPL_DUPLEX_NONE : PAPPL_DUPLEX_NORMAL;
	d->sides_supported = PAPPL_SIDES_ONE_SIDED;
	if (!mfp.simplex)
		d->sides_supported |=
		    PAPPL_SIDES_TWO_SIDED_LONG_EDGE | PAPPL_SIDES_TWO_SIDED_SHORT_EDGE;
	d->sides_default = PAPPL_SIDES_ONE_SIDED;
	d->num_resolution = 1;
	d->x_resolution[0] = d->y_resolution[0] = d->x_default = d->y_default = 600;
	mfp_driver_media(d);
	return true;
}

/* The number after the last one that is there. */
static int
mfp_find_last(struct arena *a)
{
	int n = 0;
	while (n < PRINTER_N_MAX && tool_exists(arena_printf(a, "%s/%06d.txt", mfp.out, n + 1)))
		n++;
	return n;
}

static void
mfp_start(struct arena *a, unsigned port, int max_jobs)
{
	static pappl_pr_driver_t driver = { .name = "kofu-mfp", .description = "Kofu test MFP" };
	pthread_t watcher;
	const char *spool = tool_path(a, mfp.out, ".spool");
	tool_mkdir(mfp.out);
	tool_mkdir(spool);
	mfp.last = mfp_find_last(a);
	mfp.system = papplSystemCreate(PAPPL_SOPTIONS_MULTI_QUEUE | PAPPL_SOPTIONS_NO_TLS,
	    "Kofu test MFP", (int)port, NULL, spool, "-", PAPPL_LOGLEVEL_FATAL, NULL, false);
	if (mfp.system == NULL || !papplSystemAddListeners(mfp.system, "127.0.0.1"))
		tool_die("127.0.0.1:%u cannot be listened at", port);
	papplSystemSetHostName(mfp.system, "127.0.0.1");
	papplSystemSetPrinterDrivers(mfp.system, 1, &driver, NULL, NULL, mfp_driver, NULL);
	mfp.printer = papplPrinterCreate(
	    mfp.system, 0, "mfp", "kofu-mfp", "MFG:Kofu;MDL:Test MFP;CMD:PDF;", "file:///dev/null");
	if (mfp.printer == NULL)
		tool_die("no printer");
	papplPrinterSetMaxActiveJobs(mfp.printer, max_jobs);
	if (pthread_create(&watcher, NULL, mfp_watch, NULL) != 0)
		tool_die("no thread");
}

static const struct option OPTIONS[] = { { "port", 1, NULL, 'p' }, { "dir", 1, NULL, 'd' },
	{ "control", 1, NULL, 'c' }, { "ms-per-side", 1, NULL, 'm' }, { "uri-file", 1, NULL, 'f' },
	{ "max-jobs", 1, NULL, 'j' }, { "no-duplex", 0, NULL, 's' }, { NULL, 0, NULL, 0 } };

int
main(int argc, char **argv)
{
	AUTO(arena) struct arena *a = arena_new(1 << 20);
	const char *uri_file = NULL;
	unsigned port = 0;
	int max_jobs = 1;
	for (int c; (c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (c == 'p')
			port = (unsigned)tool_number(optarg, 0, 65535, "--port");
		else if (c == 'd')
			mfp.out = optarg;
		else if (c == 'c')
			mfp.control = optarg;
		else if (c == 'm')
			mfp.ms_per_side = tool_number(optarg, 0, PRINTER_MS_MAX, "--ms-per-side");
		else if (c == 'f')
			uri_file = optarg;
		else if (c == 'j')
			max_jobs = (int)tool_number(optarg, 1, 1000, "--max-jobs");
		else if (c == 's')
			mfp.simplex = true;
		else
			tool_usage(USAGE);
	}
	if (mfp.out == NULL || optind != argc)
		tool_usage(USAGE);
	if (port == 0) /* PAPPL wants a number: a free one, let go just before it takes it */
		fd_close(tool_listen(0, &port));
	mfp_start(a, port, max_jobs);
	const char *uri = arena_printf(a, "ipp://127.0.0.1:%u/ipp/print/mfp\n", port);
	if (uri_file != NULL)
		tool_write(uri_file, uri, strlen(uri), 0644);
	fputs(uri, stdout);
	fflush(stdout);
	papplSystemRun(mfp.system);
	papplSystemDelete(mfp.system);
	return 0;
}
