/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"

#include <stdio.h>
#include <string.h>

static const unsigned METRICS_BOUNDS_MS[METRICS_N_BOUNDS] = { 5, 10, 25, 50, 100, 250, 500, 1000,
	2500, 5000, 10000 };

void
metric_durations_add(struct metric_durations *d, uint64_t ms)
{
	unsigned i = 0;
	while (i < METRICS_N_BOUNDS && ms > METRICS_BOUNDS_MS[i])
		i++;
	d->n[i]++;
	d->sum_ms += ms;
}

void
metrics_init(struct metrics *m)
{
	m->n = 0;
	m->failed = false;
}

static struct buf *
family_of(struct metrics *m, const struct metric *metric, unsigned n_labels)
{
	if (n_labels > METRICS_MAX_LABELS) {
		m->failed = true;
		return NULL;
	}
	for (unsigned i = 0; i < m->n; i++)
		if (strcmp(m->family[i].metric->name, metric->name) == 0)
			return &m->family[i].samples;
	if (m->n == METRICS_MAX_FAMILIES) {
		m->failed = true;
		return NULL;
	}
	struct metric_family *f = &m->family[m->n++];
	f->metric = metric;
	buf_init(&f->samples, METRICS_MAX_BYTES);
	return &f->samples;
}

/* As the format has it: backslash, quotation mark and line end are escaped. */
static void
put_value(struct buf *b, const char *s)
{
	buf_u8(b, '"');
	for (; *s != '\0'; s++)
		if (*s == '\n')
			buf_text(b, "\\n");
		else if (*s == '"' || *s == '\\')
			buf_printf(b, "\\%c", *s);
		else
			buf_u8(b, (uint8_t)*s);
	buf_u8(b, '"');
}

static void
put_sample(struct buf *b, const struct metric *metric, const char *suffix, const char *le,
    const struct metric_label *labels, unsigned n, double value)
{
	buf_printf(b, "%s%s", metric->name, suffix);
	for (unsigned i = 0; i < n; i++) {
		buf_printf(b, "%c%s=", i ? ',' : '{', labels[i].name);
		put_value(b, labels[i].value);
	}
	if (le != NULL)
		buf_printf(b, "%cle=\"%s\"", n ? ',' : '{', le);
	buf_printf(b, "%s %.15g\n", n > 0 || le != NULL ? "}" : "", value);
}

void
metrics_add(struct metrics *m, const struct metric *metric, double value,
    const struct metric_label *labels, unsigned n_labels)
{
	struct buf *b = family_of(m, metric, n_labels);
	if (b != NULL)
		put_sample(b, metric, "", NULL, labels, n_labels, value);
}

void
metrics_add_durations(struct metrics *m, const struct metric *metric,
    const struct metric_durations *d, const struct metric_label *labels, unsigned n_labels)
{
	struct buf *b = family_of(m, metric, n_labels);
	uint64_t sum = 0;
	if (b == NULL)
		return;
	for (unsigned i = 0; i <= METRICS_N_BOUNDS; i++) {
		char le[16] = "+Inf";
		if (i < METRICS_N_BOUNDS)
			(void)snprintf(le, sizeof(le), "%g", METRICS_BOUNDS_MS[i] / 1000.0);
		sum += d->n[i];
		put_sample(b, metric, "_bucket", le, labels, n_labels, (double)sum);
	}
	put_sample(b, metric, "_sum", NULL, labels, n_labels, (double)d->sum_ms / 1000);
	put_sample(b, metric, "_count", NULL, labels, n_labels, (double)sum);
}

bool
metrics_text(const struct metrics *m, struct buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	for (unsigned i = 0; i < m->n && !m->failed; i++) {
		const struct metric_family *f = &m->family[i];
		if (!buf_ok(&f->samples))
			return false;
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->metric->name, f->metric->help,
		    f->metric->name, kinds[f->metric->kind]);
		buf_put(out, f->samples.p, f->samples.bytes);
	}
	return !m->failed && buf_ok(out);
}

void
metrics_done(struct metrics *m)
{
	for (unsigned i = 0; i < m->n; i++)
		buf_done(&m->family[i].samples);
	m->n = 0;
}
