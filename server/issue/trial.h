/* SPDX-License-Identifier: Apache-2.0 */
/* trial - the order of 見本 太郎, who lives nowhere: tried at a node's start, and to warm up on. */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "domain/profile.h"

#define TRIAL_NAME "見本　太郎"

/* A kind that this city prints from a resident's row alone; 0 = none. */
unsigned trial_kind(const struct profile *profile);
/* His paper of that kind, as a request of render_wire; @profile offers one. */
void trial_request(struct arena *a, const struct profile *profile, struct buf *out);
