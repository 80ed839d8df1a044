/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Compiler attributes we rely on. clang 14 does not know malloc(dealloc). */
#define MUST_USE __attribute__((warn_unused_result))
#if defined(__GNUC__) && !defined(__clang__)
#define OWNED_BY_CALLER(freefn) __attribute__((malloc, malloc(freefn, 1)))
#else
#define OWNED_BY_CALLER(freefn) __attribute__((malloc))
#endif
#define NEVER_NULL __attribute__((returns_nonnull))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
/* AUTO(db_rows) struct db_rows *r = NULL;  -- freed when r leaves scope */
#define AUTO(type) __attribute__((cleanup(type##_freep)))
#define DEFINE_AUTO(type)                                                                          \
	static inline void type##_freep(struct type **p)                                           \
	{                                                                                          \
		type##_free(*p);                                                                   \
	}
/* Hand a handle over: the variable is NULL afterwards. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) take_ = (p);                                                         \
		(p) = NULL;                                                                        \
		take_;                                                                             \
	})
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
/* 1 under AddressSanitizer: its shadow memory fits below no limit of the address space. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
