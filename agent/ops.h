/* SPDX-License-Identifier: Apache-2.0 */
/* ops - what kofu-agent tells of its stream at /readyz and /metrics (http/ops.h). */
#pragma once
#include "agent/stream/stream.h"
#include "http/ops.h"

/* @stream: a struct stream that runs, or will. As http/ops's look and collect. */
void agent_ops_look(void *stream, struct ops_missing *out);
void agent_ops_collect(void *stream, const struct ops_missing *looked, struct metrics *out);
