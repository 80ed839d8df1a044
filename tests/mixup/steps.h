/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - what the trials are made of: an honest visit step by step, and what may be refused on
 * the way. A refusal that nothing explains is a finding; a step that was refused returns false.
 */
#pragma once
#include "tests/mixup/visit.h"

/* One thread's hands. */
struct hand {
	const struct plan *plan;
	struct clerk *const *clerks; /* by city */
	struct http_client *center[PLAN_MAX_CENTERS], *cut_off;
	const char *kiosk;
	unsigned number;
	uint64_t dice;
};
unsigned hand_roll(struct hand *h, unsigned n);
/*
 * The center of a visit: any, in a flood always the same, for of hundreds of kiosks that change each
 * time many have a connection that ran out since. What is sent twice may go to any center still.
 */
struct http_client *hand_center(struct hand *h);
/* A visit of the card's holder to this hand's kiosk, at one of the centers; visit_begin() is next.
 */
struct visit hand_visit(struct hand *h, const struct plan_card *c, unsigned order_no);
/* A kiosk keeps its connection for days: making it is no part of an order. Any answer will do. */
void hand_connect(const struct hand *h, struct http_client *center);

/* Somebody changed the household meanwhile, or it is blocked, or its seal is gone. */
bool step_moved_meanwhile(const struct visit *v, uint64_t from, uint64_t to);
/* An honest visitor was refused: explained by a change since @from or a fault, or a finding. */
void step_refused(struct visit *v, const char *stage, const char *code, uint64_t from);
/* What came (NULL = accepted) must be this refusal and no other. */
void step_must_be(struct visit *v, const char *trial, const char *want, const char *code);

bool step_open_session(struct visit *v);
/* Something that the resident is offered. */
void step_choose(struct hand *h, struct visit *v);
/* Sends until something comes back that is no fault. */
const char *step_send_order(struct visit *v);
/* Signs and sends. */
bool step_order(struct visit *v);
/* Manifest, kiosk, pages: all of them look, whatever the one before said. */
bool step_accept(struct visit *v);
bool step_release(struct visit *v);
void step_report(struct visit *v, enum flow_end end);
/* Session to accepted answer; release to outcome; both. */
bool step_answered(struct hand *h, struct visit *v);
void step_finish(struct visit *v);
void step_honest(struct hand *h, struct visit *v);
