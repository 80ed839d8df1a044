/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide_node - may this node of a municipality get orders? By what it announced and what two
 * people listed (design section 5, I9). No I/O.
 */
#pragma once
#include "base/attr.h"
#include "domain/announce.h"

enum node_verdict {
	NODE_UNKNOWN, /* not asked yet */
	NODE_LISTED,
	NODE_AWAY,
	NODE_FORM,      /* no announcement that can be read, or another municipality's */
	NODE_BUILD,     /* its kofu-server is of no listed build */
	NODE_SEAL,      /* its kofu-seal is not the one listed with that */
	NODE_SCHEMA,    /* its database is not as the migrations made it, or of another number */
	NODE_CONF,      /* its configuration decides otherwise */
	NODE_SELF_TEST, /* it found a fault in itself */
	NODE_FOREIGN,   /* its certificate's name is none of the municipality's */
	NODE_CUT,       /* cut off by an operator */
	NODE_N_VERDICTS
};
/* A literal: "listed", "schema", ... */
const char *node_verdict_name(enum node_verdict v);
/* True for what an operator has to look at; NODE_UNKNOWN and NODE_AWAY may pass by themselves. */
bool node_verdict_is_refusal(enum node_verdict v);
/* NODE_LISTED, or the first thing in which it differs from the nearest of the @n. */
enum node_verdict node_decide(const struct announce *listed, size_t n, const struct announce *said);
