/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_peers - pages made of many ordinary codes, to measure ours against: QR codes of
 * version 40 by libqrencode and ZBar, Data Matrix 144 x 144 by libdmtx. They cover the area
 * that ours covers. A page is whole only when every code on it is read.
 */
#pragma once
#include "tests/world/scansim/scansim.h"

struct page_peer {
	const char *name;
	unsigned across, down;
	size_t bytes; /* of each code */
	/* @bytes of @from as a matrix of side * side bytes, 1 = black; mem_free(). NULL: it failed.
	 */
	uint8_t *(*draw)(const uint8_t *from, size_t bytes, unsigned *ret_side);
	unsigned module_dots, pitch; /* 600 dpi dots of a module; modules from code to code */
	/* Calls @got for everything that is read. */
	void (*read)(const struct scansim_scan *s,
	    void (*got)(void *context, const void *p, size_t bytes), void *context);
};

extern const struct page_peer page_peers[];
enum { PAGE_N_PEERS = 2 };

static inline size_t
page_peer_bytes(const struct page_peer *p)
{
	return p->across * p->down * p->bytes;
}

/* Paints page_peer_bytes() of @payload; false when the library refuses. */
bool page_peer_paint(const struct page_peer *p, const uint8_t *payload, uint8_t *dots);
/* How many of the page's codes were read exactly. */
unsigned page_peer_read(
    const struct page_peer *p, const struct scansim_scan *s, const uint8_t *payload);
