/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics - figures for a monitoring system, in the Prometheus text format
 * (version 0.0.4): samples of one family stand together under its HELP and TYPE.
 *
 *   metrics_init -> metrics_add... -> metrics_text -> metrics_done
 *
 * Labels name routes, outcomes, municipalities; never a person, a card or a
 * kiosk's order.
 */
#pragma once
#include "base/attr.h"
#include "base/bytes.h"
#include <stdint.h>

enum {
	METRICS_MAX_FAMILIES = 64,
	METRICS_MAX_BYTES = 1024 * 1024, /* of a family */
	METRICS_MAX_LABELS = 4,
	METRICS_N_BOUNDS = 11
};
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* A family. @name: kofu_<thing>_<unit>, a counter's ends in _total; @help: one line. */
struct metric {
	const char *name, *help;
	enum metric_kind kind;
};
struct metric_label {
	const char *name, *value; /* value: UTF-8 */
};
/* Durations, by METRICS_BOUNDS_MS. */
struct metric_durations {
	uint64_t n[METRICS_N_BOUNDS + 1]; /* the last one: longer than all bounds */
	uint64_t sum_ms;
};
void metric_durations_add(struct metric_durations *d, uint64_t ms);

struct metrics {
	struct metric_family {
		const struct metric *metric;
		struct buf samples;
	} family[METRICS_MAX_FAMILIES];
	unsigned n;
	bool failed; /* a limit was passed */
};
/* metrics_done() is owed. */
void metrics_init(struct metrics *m);
/*
 * A sample in the unit that @metric's name says. @metric lives until metrics_done(); labels are
 * copied, at most METRICS_MAX_LABELS. Past a limit all of @m is failed: metrics_text() says so.
 */
void metrics_add(struct metrics *m, const struct metric *metric, double value,
    const struct metric_label *labels, unsigned n_labels);
/* A METRIC_HISTOGRAM in seconds. */
void metrics_add_durations(struct metrics *m, const struct metric *metric,
    const struct metric_durations *d, const struct metric_label *labels, unsigned n_labels);
/* All of it, into the caller's @out, whose limit holds too. False when a limit was passed: then
 * nothing is to be shown. */
bool metrics_text(const struct metrics *m, struct buf *out);
void metrics_done(struct metrics *m);
