/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card_bench - cards of a JPKI made for this run, and an emulated card behind
 * struct card_io whose answers can be spoilt.
 */
#pragma once
#include "kiosk/card/card.h"
#include "tests/world/card/emu.h"

#include <stdbool.h>

enum { BENCH_COMMANDS_MAX = 64 };

/* The cards of the folder. */
enum bench_card {
	BENCH_GOOD,
	BENCH_OTHER, /* another person's */
	BENCH_EXPIRED,
	BENCH_OLD,
	BENCH_PHONE,
	BENCH_NO_AUTH,
	BENCH_STRANGE, /* a token that nobody knows */
	BENCH_N_CARDS,
};
/* Makes the JPKI and the cards, once a program; ends it when that fails. */
void bench_make(void);
void bench_remove(void);
/* A fresh copy of a card, with all its tries. */
struct emu *bench_card(enum bench_card which);

/* Instead of the answer to command number @at (0 is the first). */
struct bench_fault {
	int at;      /* -1: never */
	int outcome; /* what transmit returns; 0: an answer, below */
	const uint8_t *answer;
	size_t bytes;
	bool after; /* the card sees the command first, only its answer is lost */
};
struct bench {
	struct emu *emu;
	struct bench_fault fault;
	int n_commands;
	int n_resets;
	int n_verifies; /* VERIFY with a PIN in it */
	int n_reads;    /* READ BINARY */
	uint8_t ins[BENCH_COMMANDS_MAX];
};
struct card_io bench_io(struct bench *b);
