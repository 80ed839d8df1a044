/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cms - files of the first-load medium: CMS AuthEnvelopedData (RFC 5083, 5753:
 * ECDH P-256 with SHA-256, AES-256-GCM) to the server's key. Encrypting streams;
 * decrypting holds the file in memory, so a medium consists of files of some MiB.
 */
#pragma once
#include "base/err.h"
#include "pki/key.h"

/* Encrypts @in to @out (file descriptors) for the certificate in PEM file @cert_path. 0 or a fault.
 */
MUST_USE int cms_encrypt_fd(int in, int out, const char *cert_path, struct err *err);
/* Decrypts with certificate + PEM key. 0, FAULT_INTEGRITY, FAULT_UNAVAILABLE, FAULT_CONFIG. The tag
 * is checked at the end: what was written before another result than 0 is to be thrown away. */
MUST_USE int cms_decrypt_fd(
    int in, int out, const char *cert_path, const char *key_path, struct err *err);
