/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit - one resident at one kiosk: the kiosk's own code (kiosk/flow) over its
 * own protocol to a center, the card's signature by the card's key. Each step
 * returns NULL, or the refusal as it was given: a code of docs/PROTOCOL.md,
 * or one of
 *   no-answer   the connection broke, or nothing came in time
 *   tls         the other end was not who it must be, or bytes were altered
 *   kiosk-late, kiosk-form, kiosk-integrity   what kiosk/flow says to an answer
 */
#pragma once
#include "http/client.h"
#include "kiosk/flow/flow_in.h"
#include "tests/mixup/clerk.h"
#include "tests/mixup/plan.h"

struct visit {
	const struct plan *plan;
	const struct plan_card *card;
	const struct truth *who;
	struct clerk *clerk; /* of the card's city; NULL for a stranger */
	struct http_client *center;
	const char *kiosk;
	unsigned order_no; /* of the test, for findings */
	struct arena *a;
	struct flow *flow;
	bool forged; /* another key than the card's signs */
	struct buf session_body, order_body, release_body;
	struct choice choice;
	struct order_id id;
	struct http_reply answer; /* to the order */
	json_t *manifest;         /* its payload, once the oracle has read it */
	int64_t begun_ms;         /* UTC */
	uint64_t from, to;        /* clerk_now() around the order */
	uint64_t released_from, released_to;
};
void visit_begin(struct visit *v);
void visit_end(struct visit *v);

/* Nonce, transcript, card's signature, session, the municipality's keys. */
const char *visit_session(struct visit *v);
/* What is chosen, offered or not: a kiosk of its own making may ask for anything. */
void visit_choose(
    struct visit *v, enum doc_kind kind, enum order_scope scope, unsigned options, unsigned copies);
/* Signs the order; a body for visit_order_send(). */
const char *visit_order_sign(struct visit *v);
/* v->answer, not looked into. */
const char *visit_order_send(struct visit *v);
/* kiosk/flow's own checks of v->answer; what they let through is in flow_papers(). */
const char *visit_answer_read(struct visit *v);
const char *visit_release(struct visit *v);
const char *visit_outcome(struct visit *v, enum flow_end end);
/* A body to a path of the center, as it is. */
const char *visit_post(
    struct visit *v, const char *path, const void *body, size_t bytes, struct http_reply *ret);
/* A refusal that a killed, cut or slow part explains. */
bool visit_is_fault(const char *code);
