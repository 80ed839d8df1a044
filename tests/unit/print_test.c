/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "kiosk/print/print.h"
#include "tests/unit/print_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOC_BYTES = 200000 };
static struct fake fake;
static struct print_printer *printer;
static uint8_t pdf[DOC_BYTES];
static const struct print_doc DOC = {
	.pdf = pdf, .bytes = DOC_BYTES, .job_name = "2026-000001", .duplex = true
};

static int
send_doc(int *job)
{
	struct err err = { 0 };
	*job = -1;
	return print_send(printer, &DOC, job, &err);
}

static void
a_certificate_is_sent_as_it_must_be_printed(void **state)
{
	int job = 0;
	(void)state;
	fake_good(&fake);
	assert_int_equal(send_doc(&job), 0);
	assert_int_equal(job, 7);
	assert_int_equal(fake.document_bytes, DOC_BYTES);
	assert_true(fake.fidelity);
	assert_int_equal(fake.copies, 1);
	assert_string_equal(fake.sides, "two-sided-long-edge");
	assert_string_equal(fake.media, "iso_a4_210x297mm");
	assert_string_equal(fake.scaling, "none");
	assert_string_equal(fake.job_name, "2026-000001");
	assert_string_equal(fake.user, "kiosk");
	assert_int_equal(fake.n_cancel, 0);
}

static void
a_paper_of_one_side_is_asked_for_as_such(void **state)
{
	struct print_doc doc = DOC;
	struct err err = { 0 };
	int job = 0;
	(void)state;
	fake_good(&fake);
	doc.duplex = false;
	assert_int_equal(print_send(printer, &doc, &job, &err), 0);
	assert_string_equal(fake.sides, "one-sided");
}

static void
what_the_printer_says_to_a_job_is_told_apart(void **state)
{
	static const struct {
		ipp_status_t create;
		int want;
	} t[] = {
		{ IPP_STATUS_ERROR_BUSY, PRINT_E_BUSY },
		{ IPP_STATUS_ERROR_TOO_MANY_JOBS, PRINT_E_BUSY },
		{ IPP_STATUS_ERROR_TEMPORARY, PRINT_E_BUSY },
		{ IPP_STATUS_ERROR_NOT_ACCEPTING_JOBS, PRINT_E_NOT_READY },
		{ IPP_STATUS_ERROR_DEVICE, PRINT_E_NOT_READY },
		{ IPP_STATUS_ERROR_ATTRIBUTES_OR_VALUES, PRINT_E_REFUSED },
		{ IPP_STATUS_ERROR_NOT_AUTHORIZED, PRINT_E_REFUSED },
		{ IPP_STATUS_ERROR_NOT_FOUND, PRINT_E_REFUSED },
		{ IPP_STATUS_ERROR_INTERNAL, PRINT_E_REFUSED },
	};
	int job = 0;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		fake_good(&fake);
		fake.create = t[i].create;
		fake.job_id = 0;
		assert_int_equal(send_doc(&job), t[i].want);
		assert_int_equal(job, -1);
		assert_int_equal(fake.n_send, 0); /* not a byte of the certificate has left */
		assert_int_equal(fake.n_cancel, 0);
	}
}

/* RFC 8011 4.1.7: without fidelity in the device this is how it says "I will do it my way". */
static void
a_printer_that_changes_what_was_asked_is_stopped(void **state)
{
	int job = 0;
	(void)state;
	fake_good(&fake);
	fake.create = IPP_STATUS_OK_IGNORED_OR_SUBSTITUTED;
	assert_int_equal(send_doc(&job), PRINT_E_REFUSED);
	assert_int_equal(fake.n_send, 0);
	assert_int_equal(fake.n_cancel, 1);
}

static void
a_job_without_a_number_is_refused(void **state)
{
	int job = 0;
	(void)state;
	fake_good(&fake);
	fake.job_id = 0;
	assert_int_equal(send_doc(&job), PRINT_E_REFUSED);
	fake_good(&fake);
	fake.job_id = -3;
	assert_int_equal(send_doc(&job), PRINT_E_REFUSED);
	assert_int_equal(fake.n_cancel, 0);
}

static void
a_printer_that_hangs_up_before_the_document_printed_nothing(void **state)
{
	int job = 0;
	(void)state;
	fake_good(&fake);
	fake.create_way = FAKE_CLOSE;
	assert_int_equal(send_doc(&job), PRINT_E_OFFLINE);
	assert_int_equal(fake.n_send, 0);
	fake_good(&fake);
	fake.create_way = FAKE_GARBAGE;
	assert_int_equal(send_doc(&job), PRINT_E_OFFLINE);
	assert_int_equal(job, -1);
}

static void
a_printer_that_hangs_up_while_it_gets_the_document_may_print_it(void **state)
{
	int job = 0;
	(void)state;
	fake_good(&fake);
	fake.send_way = FAKE_CLOSE;
	assert_int_equal(send_doc(&job), PRINT_E_UNSURE);
	assert_int_equal(job, 7);         /* so that its end can be asked for */
	assert_int_equal(fake.n_send, 1); /* and it is never sent twice */
	assert_int_equal(fake.n_cancel, 0);
	fake_good(&fake);
	fake.send_way = FAKE_GARBAGE;
	assert_int_equal(send_doc(&job), PRINT_E_UNSURE);
	fake_good(&fake);
	fake.send_way = FAKE_CLOSE_EARLY;
	assert_int_equal(send_doc(&job), PRINT_E_UNSURE);
	assert_int_equal(job, 7);
}

static void
a_document_that_is_refused_leaves_no_job_behind(void **state)
{
	static const struct {
		ipp_status_t send;
		int want;
	} t[] = {
		{ IPP_STATUS_ERROR_DOCUMENT_FORMAT_ERROR, PRINT_E_REFUSED },
		{ IPP_STATUS_ERROR_DOCUMENT_UNPRINTABLE, PRINT_E_REFUSED },
		{ IPP_STATUS_ERROR_BUSY, PRINT_E_BUSY },
		{ IPP_STATUS_ERROR_DEVICE, PRINT_E_NOT_READY },
	};
	int job = 0;
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		fake_good(&fake);
		fake.send = t[i].send;
		assert_int_equal(send_doc(&job), t[i].want);
		assert_int_equal(fake.n_cancel, 1);
		assert_int_equal(job, -1);
	}
}

static void
a_document_out_of_its_limits_is_not_sent(void **state)
{
	char long_name[PRINT_JOB_NAME_MAX + 2];
	struct err err = { 0 };
	int job = -1;
	(void)state;
	fake_good(&fake);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	const struct print_doc bad[] = {
		{ .pdf = pdf, .bytes = 0, .job_name = "x" },
		{ .pdf = pdf, .bytes = PRINT_PDF_MAX_BYTES + 1, .job_name = "x" },
		{ .pdf = NULL, .bytes = 1, .job_name = "x" },
		{ .pdf = pdf, .bytes = 1, .job_name = "" },
		{ .pdf = pdf, .bytes = 1, .job_name = long_name },
		{ .pdf = pdf, .bytes = 1, .job_name = "two words" },
		{ .pdf = pdf, .bytes = 1, .job_name = "見本" },
	};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(print_send(printer, &bad[i], &job, &err), FAULT_BAD_INPUT);
	assert_int_equal(fake.n_create, 0);
	long_name[PRINT_JOB_NAME_MAX] = '\0';
	struct print_doc good = DOC;
	good.job_name = long_name;
	assert_int_equal(print_send(printer, &good, &job, &err), 0);
}

static void
every_state_of_a_job_has_its_meaning_and_no_other_has(void **state)
{
	static const struct {
		int ipp;
		int want;
		enum print_job_state job;
	} t[] = {
		{ IPP_JSTATE_PENDING, 0, PRINT_JOB_WAITING },
		{ IPP_JSTATE_HELD, 0, PRINT_JOB_WAITING },
		{ IPP_JSTATE_PROCESSING, 0, PRINT_JOB_PRINTING },
		{ IPP_JSTATE_STOPPED, 0, PRINT_JOB_STOPPED },
		{ IPP_JSTATE_CANCELED, 0, PRINT_JOB_CANCELED },
		{ IPP_JSTATE_ABORTED, 0, PRINT_JOB_ABORTED },
		{ IPP_JSTATE_COMPLETED, 0, PRINT_JOB_COMPLETED },
		{ 0, FAULT_BAD_INPUT, 0 }, /* left out */
		{ 10, FAULT_BAD_INPUT, 0 },
		{ 2, FAULT_BAD_INPUT, 0 },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct print_status s = { .sides_out = 77 };
		struct err err = { 0 };
		fake_good(&fake);
		fake.job_state = t[i].ipp;
		fake.impressions = 2;
		assert_int_equal(print_poll(printer, 7, &s, &err), t[i].want);
		assert_int_equal(s.sides_out, t[i].want == 0 ? 2 : 77);
		if (t[i].want == 0)
			assert_int_equal(s.job, t[i].job);
	}
	assert_false(print_job_is_over(PRINT_JOB_STOPPED));
	assert_true(print_job_is_over(PRINT_JOB_COMPLETED));
	assert_true(print_job_is_over(PRINT_JOB_ABORTED));
	assert_true(print_job_is_over(PRINT_JOB_CANCELED));
}

static void
a_poll_without_an_answer_says_nothing_of_the_job(void **state)
{
	struct print_status s;
	struct err err = { 0 };
	(void)state;
	fake_good(&fake);
	fake.poll_way = FAKE_CLOSE;
	assert_int_equal(print_poll(printer, 7, &s, &err), PRINT_E_OFFLINE);
	fake_good(&fake);
	fake.poll = IPP_STATUS_ERROR_NOT_FOUND;
	assert_int_equal(print_poll(printer, 7, &s, &err), PRINT_E_NO_JOB);
	fake_good(&fake);
	fake.poll = IPP_STATUS_ERROR_GONE;
	assert_int_equal(print_poll(printer, 7, &s, &err), PRINT_E_NO_JOB);
	fake_good(&fake);
	fake.poll = IPP_STATUS_ERROR_INTERNAL;
	assert_int_equal(print_poll(printer, 7, &s, &err), PRINT_E_OFFLINE);
	fake_good(&fake);
	fake.impressions = -5;
	assert_int_equal(print_poll(printer, 7, &s, &err), 0);
	assert_int_equal(s.sides_out, 0);
}

static void
the_printer_is_as_bad_as_the_worst_it_says(void **state)
{
	static const struct {
		int ipp;
		bool refuses;
		const char *reasons[3];
		enum print_state want;
	} t[] = {
		{ IPP_PSTATE_IDLE, false, { "none" }, PRINT_READY },
		{ IPP_PSTATE_PROCESSING, false, { "none" }, PRINT_BUSY },
		{ IPP_PSTATE_STOPPED, false, { "none" }, PRINT_STOPPED },
		{ 0, false, { "none" }, PRINT_STOPPED },
		{ IPP_PSTATE_IDLE, true, { "none" }, PRINT_STOPPED },
		{ IPP_PSTATE_IDLE, false, { "toner-low-warning", "media-low" }, PRINT_READY },
		{ IPP_PSTATE_PROCESSING, false, { "media-empty-warning", "media-needed" },
		    PRINT_EMPTY },
		{ IPP_PSTATE_STOPPED, false, { "media-empty", "media-jam-error" }, PRINT_JAM },
		{ IPP_PSTATE_STOPPED, false, { "media-jam", "media-empty" }, PRINT_JAM },
		{ IPP_PSTATE_STOPPED, false, { "toner-empty", "door-open" }, PRINT_COVER },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		enum print_state s = PRINT_READY;
		struct err err = { 0 };
		fake_good(&fake);
		fake.printer_state = t[i].ipp;
		fake.refuses_jobs = t[i].refuses;
		memcpy(fake.reasons, t[i].reasons, sizeof(t[i].reasons));
		assert_int_equal(print_check(printer, &s, &err), 0);
		assert_int_equal(s, t[i].want);
	}
}

static void
a_reason_counts_with_any_severity_and_only_as_a_whole_word(void **state)
{
	static const struct {
		const char *reason;
		enum print_state want;
	} t[] = {
		{ "media-jam", PRINT_JAM },
		{ "media-jam-report", PRINT_JAM },
		{ "media-jam-warning", PRINT_JAM },
		{ "media-jam-error", PRINT_JAM },
		{ "media-jammed", PRINT_READY },
		{ "media-jam-error-error", PRINT_READY },
		{ "-error", PRINT_READY },
		{ "", PRINT_READY },
		{ "input-tray-missing-error", PRINT_EMPTY },
		{ "marker-waste-full-error", PRINT_SUPPLY },
		{ "marker-waste-almost-full-warning", PRINT_READY },
		{ "output-area-full-error", PRINT_OUTPUT_FULL },
		{ "interlock-open-error", PRINT_COVER },
		{ "paused", PRINT_STOPPED },
		{ "other-error", PRINT_STOPPED },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(print_reason_state(t[i].reason), t[i].want);
}

static void
cancelling_is_done_when_the_job_is_over_already(void **state)
{
	static const struct {
		ipp_status_t cancel;
		int want;
	} t[] = {
		{ IPP_STATUS_OK, 0 },
		{ IPP_STATUS_ERROR_NOT_POSSIBLE, 0 },
		{ IPP_STATUS_ERROR_NOT_FOUND, PRINT_E_NO_JOB },
		{ IPP_STATUS_ERROR_INTERNAL, PRINT_E_OFFLINE },
	};
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		fake_good(&fake);
		fake.cancel = t[i].cancel;
		assert_int_equal(print_cancel(printer, 7, &err), t[i].want);
	}
}

static void
a_job_is_found_by_its_name_and_the_one_that_came_out_first(void **state)
{
	static const struct {
		struct fake_job jobs[4];
		int want;
	} t[] = {
		{ { { 3, IPP_JSTATE_COMPLETED, "n" } }, 3 },
		{ { { 3, IPP_JSTATE_PROCESSING, "n" } }, 3 },
		{ { { 3, IPP_JSTATE_STOPPED, "n" }, { 4, IPP_JSTATE_PENDING, "m" } }, 3 },
		{ { { 3, IPP_JSTATE_ABORTED, "n" }, { 4, IPP_JSTATE_COMPLETED, "m" } }, 3 },
		/* refused at first, then taken: the later one, and never one given up */
		{ { { 3, IPP_JSTATE_CANCELED, "n" }, { 4, IPP_JSTATE_COMPLETED, "n" } }, 4 },
		{ { { 5, IPP_JSTATE_CANCELED, "n" }, { 4, IPP_JSTATE_COMPLETED, "n" } }, 4 },
		{ { { 5, IPP_JSTATE_ABORTED, "n" }, { 4, IPP_JSTATE_HELD, "n" } }, 4 },
		{ { { 5, IPP_JSTATE_HELD, "n" }, { 4, IPP_JSTATE_COMPLETED, "n" } }, 4 },
		{ { { 5, IPP_JSTATE_COMPLETED, "nn" }, { 4, IPP_JSTATE_COMPLETED, "n" },
		      { 6, IPP_JSTATE_COMPLETED, NULL } },
		    4 },
	};
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int job = -1;
		fake_good(&fake);
		memcpy(fake.jobs, t[i].jobs, sizeof(fake.jobs));
		assert_int_equal(print_find(printer, "n", 5, &job, &err), 0);
		assert_int_equal(job, t[i].want);
	}
}

/* "It never came" is said of a printer alone that would know. */
static void
silence_about_a_job_is_only_believed_where_it_means_something(void **state)
{
	static const struct {
		struct fake_job jobs[4];
		ipp_status_t list;
		enum fake_way way;
		int up_time_s;
		int64_t age_s;
		int want;
	} t[] = {
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 100, 0, PRINT_E_NO_JOB },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 100, PRINT_HISTORY_S, PRINT_E_NO_JOB },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 100, PRINT_HISTORY_S + 1, PRINT_E_UNSURE },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 100, -1, PRINT_E_UNSURE },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 6, 5, PRINT_E_UNSURE }, /* restarted */
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 7, 5, PRINT_E_NO_JOB },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_ANSWER, 0, 5, PRINT_E_UNSURE },
		{ { { 3, IPP_JSTATE_COMPLETED, NULL } }, IPP_STATUS_OK, FAKE_ANSWER, 100, 5,
		    PRINT_E_UNSURE },
		{ { { 3, IPP_JSTATE_COMPLETED, "m" } }, IPP_STATUS_OK, FAKE_ANSWER, 100, 5,
		    PRINT_E_NO_JOB },
		{ { { 0 } }, IPP_STATUS_ERROR_OPERATION_NOT_SUPPORTED, FAKE_ANSWER, 100, 5,
		    PRINT_E_UNSURE },
		{ { { 0 } }, IPP_STATUS_OK, FAKE_CLOSE, 100, 5, PRINT_E_OFFLINE },
	};
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		int job = -1;
		fake_good(&fake);
		memcpy(fake.jobs, t[i].jobs, sizeof(fake.jobs));
		fake.list = t[i].list;
		fake.list_way = t[i].way;
		fake.up_time_s = t[i].up_time_s;
		assert_int_equal(print_find(printer, "n", t[i].age_s, &job, &err), t[i].want);
		assert_int_equal(job, -1);
	}
}

static void
an_address_that_is_none_is_refused(void **state)
{
	static const uint8_t pin[PRINT_PIN_BYTES] = { 1 };
	static const struct {
		const char *uri;
		const uint8_t *pin;
	} t[] = {
		{ "", NULL }, { "ipp", NULL }, { "http://127.0.0.1/", NULL },
		{ "file:///etc/passwd", NULL }, { "ipp://user:secret@127.0.0.1/", NULL },
		{ "ipps://127.0.0.1/", NULL }, /* whose certificate? */
		{ "ipp://127.0.0.1/", pin },   /* nothing to pin it to */
	};
	char long_uri[PRINT_URI_MAX + 2];
	struct print_printer *p = NULL;
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(print_open(t[i].uri, t[i].pin, &p, &err), FAULT_CONFIG);
	(void)snprintf(long_uri, sizeof(long_uri), "ipp://127.0.0.1/%0*d", PRINT_URI_MAX - 15, 0);
	assert_int_equal(strlen(long_uri), PRINT_URI_MAX + 1);
	assert_int_equal(print_open(long_uri, NULL, &p, &err), FAULT_CONFIG);
	assert_null(p);
	long_uri[PRINT_URI_MAX] = '\0';
	assert_int_equal(print_open(long_uri, NULL, &p, &err), 0);
	print_printer_free(p);
	assert_int_equal(print_open("ipps://127.0.0.1/ipp/print", pin, &p, &err), 0);
	print_printer_free(p);
}

static void
names_are_those_of_the_events(void **state)
{
	(void)state;
	assert_string_equal(print_outcome_name(PRINT_E_OFFLINE), "offline");
	assert_string_equal(print_outcome_name(PRINT_E_UNSURE), "unsure");
	assert_string_equal(print_outcome_name(0), "unknown");
	assert_string_equal(print_state_name(PRINT_READY), "ready");
	assert_string_equal(print_state_name(PRINT_JAM), "jam");
	assert_string_equal(print_job_state_name(PRINT_JOB_COMPLETED), "completed");
	assert_string_equal(print_job_state_name(PRINT_JOB_CANCELED), "canceled");
}

static int
setup(void **state)
{
	char uri[64];
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(pdf); i++)
		pdf[i] = (uint8_t)(i * 131);
	fake_start(&fake);
	(void)snprintf(uri, sizeof(uri), "ipp://127.0.0.1:%u/ipp/print", fake.port);
	return print_open(uri, NULL, &printer, &err);
}

static int
teardown(void **state)
{
	(void)state;
	print_printer_free(printer);
	fake_stop(&fake);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_sent_as_it_must_be_printed),
		cmocka_unit_test(a_paper_of_one_side_is_asked_for_as_such),
		cmocka_unit_test(what_the_printer_says_to_a_job_is_told_apart),
		cmocka_unit_test(a_printer_that_changes_what_was_asked_is_stopped),
		cmocka_unit_test(a_job_without_a_number_is_refused),
		cmocka_unit_test(a_printer_that_hangs_up_before_the_document_printed_nothing),
		cmocka_unit_test(a_printer_that_hangs_up_while_it_gets_the_document_may_print_it),
		cmocka_unit_test(a_document_that_is_refused_leaves_no_job_behind),
		cmocka_unit_test(a_document_out_of_its_limits_is_not_sent),
		cmocka_unit_test(every_state_of_a_job_has_its_meaning_and_no_other_has),
		cmocka_unit_test(a_poll_without_an_answer_says_nothing_of_the_job),
		cmocka_unit_test(the_printer_is_as_bad_as_the_worst_it_says),
		cmocka_unit_test(a_reason_counts_with_any_severity_and_only_as_a_whole_word),
		cmocka_unit_test(cancelling_is_done_when_the_job_is_over_already),
		cmocka_unit_test(a_job_is_found_by_its_name_and_the_one_that_came_out_first),
		cmocka_unit_test(silence_about_a_job_is_only_believed_where_it_means_something),
		cmocka_unit_test(an_address_that_is_none_is_refused),
		cmocka_unit_test(names_are_those_of_the_events),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
