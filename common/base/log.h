/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one event, one line of key=value on stderr, no personal data.
 *
 * A value is a number, a bool or one of our own identifier types. There is no
 * way to log a char *: handing one to LOG_F() does not compile. Names and
 * event names are literals.
 */
#pragma once
#include "base/attr.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct txn_id { /* one request, end to end */
	uint64_t v;
};
struct muni_code { /* 全国地方公共団体コード, 6 digits + NUL, checked (domain/muni.h) */
	char s[7];
};

enum log_level { LOG_LVL_ERR = 3, LOG_LVL_WARN = 4, LOG_LVL_NOTICE = 5, LOG_LVL_INFO = 6 };

struct log_field {
	const char *key;
	enum { LOG_K_INT, LOG_K_HEX, LOG_K_MUNI, LOG_K_LIT } kind;
	int64_t i;
	uint64_t u;
	struct muni_code muni;
	const char *lit;
};

static inline struct log_field
log_f_int(const char *k, int64_t v)
{
	return (struct log_field){ .key = k, .kind = LOG_K_INT, .i = v };
}
static inline struct log_field
log_f_txn(const char *k, struct txn_id v)
{
	return (struct log_field){ .key = k, .kind = LOG_K_HEX, .u = v.v };
}
static inline struct log_field
log_f_muni(const char *k, struct muni_code v)
{
	return (struct log_field){ .key = k, .kind = LOG_K_MUNI, .muni = v };
}
static inline struct log_field
log_f_lit(const char *k, const char *v)
{
	return (struct log_field){ .key = k, .kind = LOG_K_LIT, .lit = v };
}

/* clang-format off */
#define LOG_F(key, val) _Generic((val),                                    \
	bool: log_f_int, int: log_f_int, unsigned: log_f_int,              \
	long: log_f_int, unsigned long: log_f_int,                         \
	struct txn_id: log_f_txn, struct muni_code: log_f_muni)("" key "", (val))
#define LOG_LIT(key, lit) log_f_lit("" key "", "" lit "")

#define LOG(level, event, ...) do {                                        \
	const struct log_field f_[] = { __VA_ARGS__ };                     \
	log_emit((level), "" event "", f_, N_ELEMENTS(f_));                \
} while (0)
/* clang-format on */

/* Writes one line; never fails and never blocks the caller's work on an error of stderr. */
void log_emit(enum log_level level, const char *event, const struct log_field *f, unsigned n);
/* The trail of a fault, one line: event=... txn=... fault=... trail=where:what(number)<... */
void log_fault(const char *event, struct txn_id txn, const struct err *err);
extern int log_fd; /* tests point it elsewhere; -1 is silence */
