/* SPDX-License-Identifier: Apache-2.0 */
/* ops - what kofu-server tells of its municipalities at /readyz and /metrics (http/ops.h). */
#pragma once
#include "http/ops.h"
#include "server/front/front.h"

/* @front: its databases and kofu-seal are looked at. As http/ops's look and collect. */
void server_ops_look(void *front, struct ops_missing *out);
void server_ops_collect(void *front, const struct ops_missing *looked, struct metrics *out);
