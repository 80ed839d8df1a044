/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/password.h"
#include <argon2.h>
#include <string.h>

int
password_hash(const char *password, const uint8_t salt[PASSWORD_SALT_BYTES],
    uint8_t ret[PASSWORD_HASH_BYTES], struct err *err)
{
	size_t bytes = strlen(password);
	if (bytes > PASSWORD_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "password", (long)bytes);
	int r = argon2id_hash_raw(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, 1, password, bytes, salt,
	    PASSWORD_SALT_BYTES, ret, PASSWORD_HASH_BYTES);
	return r == ARGON2_OK ? 0 : err_raise(err, FAULT_NOMEM, "argon2", r);
}
