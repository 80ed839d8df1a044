/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the PKCS#11 module and logging in. */
#include "base/file.h"
#include "base/mem.h"
#include "pki/token_int.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

enum { TOKEN_MAX_SLOTS = 256, TOKEN_PIN_MAX_BYTES = 255, TOKEN_LABEL_BYTES = 32 };

static unsigned n_open; /* C_Initialize and C_Finalize are once a process */

void
token_close(struct token *t)
{
	if (t == NULL)
		return;
	for (struct token_key *k = t->keys, *next; k != NULL; k = next) {
		next = k->next;
		mem_free(k->label);
		mem_free(k);
	}
	if (t->session != 0)
		(void)t->f->C_CloseSession(t->session); /* the last one logs out. PKCS#11 5.6 */
	if (--n_open == 0)
		(void)t->f->C_Finalize(NULL);
	mem_free(t);
}

/*
 * The module stays loaded for good: modules that use OpenSSL leave exit handlers
 * behind, which must find their code.
 */
static int
token_load(const char *path, CK_FUNCTION_LIST **ret, struct err *err)
{
	void *dl = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	void *sym = dl ? dlsym(dl, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get;
	if (sym == NULL)
		return err_raise(err, FAULT_CONFIG, "no PKCS#11 module", 0);
	memcpy(&get, &sym, sizeof(get)); /* ISO C has no cast from object to function */
	CK_FUNCTION_LIST *f = NULL;
	if (get(&f) != CKR_OK || f == NULL)
		return err_raise(err, FAULT_CONFIG, "PKCS#11 module gives no functions", 0);
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv = f->C_Initialize(&args);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return err_raise(err, FAULT_CONFIG, "PKCS#11 module does not start", (long)rv);
	*ret = f;
	return 0;
}

/* Token labels are 32 characters, filled with spaces. */
static bool
token_has_label(CK_FUNCTION_LIST *f, CK_SLOT_ID slot, const char *label)
{
	CK_TOKEN_INFO info;
	uint8_t want[TOKEN_LABEL_BYTES];
	memset(want, ' ', sizeof(want));
	memcpy(want, label, strlen(label));
	return f->C_GetTokenInfo(slot, &info) == CKR_OK &&
	    memcmp(info.label, want, sizeof(want)) == 0;
}

static int
token_find_slot(CK_FUNCTION_LIST *f, const char *label, CK_SLOT_ID *ret, struct err *err)
{
	CK_SLOT_ID slots[TOKEN_MAX_SLOTS];
	CK_ULONG n = N_ELEMENTS(slots);
	unsigned n_found = 0;
	if (label[0] == '\0' || strlen(label) > TOKEN_LABEL_BYTES)
		return err_raise(err, FAULT_CONFIG, "token label", 0);
	CK_RV rv = f->C_GetSlotList(CK_TRUE, slots, &n);
	if (rv != CKR_OK)
		return err_raise(err, token_fault(rv), "slots", (long)rv);
	for (CK_ULONG i = 0; i < n; i++)
		if (token_has_label(f, slots[i], label)) {
			*ret = slots[i];
			n_found++;
		}
	if (n_found != 1)
		return err_raise(err, FAULT_CONFIG, "tokens of that label", (long)n_found);
	return 0;
}

static int
token_login(struct token *t, const char *pin_file, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(4096); /* wipes the PIN */
	uint8_t *pin = NULL;
	size_t bytes = 0;
	int r = file_read(a, pin_file, TOKEN_PIN_MAX_BYTES, &pin, &bytes, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "PIN file", r);
	bytes = strcspn((char *)pin, "\r\n");
	CK_RV rv = t->f->C_Login(t->session, CKU_USER, pin, bytes);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return err_raise(err, token_fault(rv), "login", (long)rv);
	return 0;
}

int
token_open(const struct token_conf *c, struct token **ret, struct err *err)
{
	CK_FUNCTION_LIST *f = NULL;
	CK_SLOT_ID slot = 0;
	int r = token_load(c->module, &f, err);
	if (r)
		return err_trace(err, r, "token_open");
	struct token *t = mem_zero(sizeof(*t));
	t->f = f;
	n_open++;
	r = token_find_slot(f, c->label, &slot, err);
	if (r == 0) {
		CK_RV rv = f->C_OpenSession(
		    slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session);
		if (rv != CKR_OK)
			r = err_raise(err, token_fault(rv), "session", (long)rv);
	}
	if (r == 0)
		r = token_login(t, c->pin_file, err);
	if (r) {
		token_close(t);
		return err_trace(err, r, "token_open");
	}
	*ret = t;
	return 0;
}
