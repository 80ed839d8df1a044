/* SPDX-License-Identifier: Apache-2.0 */
/* token_int - what token.c and token_open.c share. */
#pragma once
#include "pki/token.h"

#include <p11-kit/pkcs11.h>

struct token_key {
	struct token_key *next;
	struct token *token;
	char *label;
	CK_OBJECT_HANDLE handle; /* the private half */
	struct key_point point;
};
struct token {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	struct token_key *keys;
};

/* Read only; the type is PKCS#11's. */
#define TOKEN_LABEL(s)                                                                             \
	{                                                                                          \
		CKA_LABEL, (void *)(uintptr_t)(s), strlen(s)                                       \
	}
/* The fault that a return value of the module means. */
int token_fault(CK_RV rv);
