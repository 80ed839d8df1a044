/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ops.h"

static const struct metric is_open = { "kofu_agent_stream_open",
	"1 while register and server are both at the stream.", METRIC_GAUGE };
static const struct metric batch = { "kofu_agent_batch",
	"Number of the newest batch that the server has.", METRIC_GAUGE };
static const struct metric told = { "kofu_agent_told_time_seconds",
	"Up to which instant the server was told that it has all, since 1970; 0 = not yet.",
	METRIC_GAUGE };
static const struct metric batches = { "kofu_agent_batches_total", "Batches that the server took.",
	METRIC_COUNTER };
static const struct metric records = { "kofu_agent_records_total", "Records that the server took.",
	METRIC_COUNTER };
static const struct metric ended = { "kofu_agent_sessions_ended_total",
	"Sessions that ended by a fault or a refusal.", METRIC_COUNTER };

void
agent_ops_look(void *stream, struct ops_missing *out)
{
	const struct stream *s = stream;
	if (!s->figures.is_open)
		ops_missing_add(out, "stream", s->link.muni.s);
}

void
agent_ops_collect(void *stream, const struct ops_missing *looked, struct metrics *out)
{
	const struct stream *s = stream;
	const struct stream_figures *f = &s->figures;
	const struct metric_label own = { "municipality", s->link.muni.s };
	(void)looked;
	metrics_add(out, &is_open, f->is_open, &own, 1);
	metrics_add(out, &batch, (double)f->acked_seq, &own, 1);
	metrics_add(out, &told, (double)f->told_ms / 1000, &own, 1);
	metrics_add(out, &batches, (double)f->n_batches, &own, 1);
	metrics_add(out, &records, (double)f->n_records, &own, 1);
	metrics_add(out, &ended, (double)f->n_ended, &own, 1);
}
