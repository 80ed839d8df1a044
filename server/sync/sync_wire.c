/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/jose.h"
#include "server/sync/sync.h"
#include "server/sync/sync_int.h"

#include <string.h>

int
sync_signature_check(
    const struct key_point *agent, struct http_req *req, const char *typ, struct err *err)
{
	const char *jws = http_req_header(req, "Kofu-Signature");
	size_t bytes = jws ? strlen(jws) : 0;
	if (bytes == 0 || bytes > SYNC_SIGNATURE_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "Kofu-Signature", (long)bytes);
	int r = jws_verify_detached(agent, typ, jws, bytes, req->body, req->body_bytes, err);
	return err_fold(err, r, "signature");
}

int
sync_answer(struct http_req *req, struct http_res *res, json_t *o, struct err *err)
{
	struct buf b;
	buf_init(&b, SYNC_ANSWER_MAX_BYTES);
	int r = js_format(o, &b, err);
	json_decref(o);
	if (r == 0) {
		res->body = arena_memdup(req->arena, b.p, b.bytes);
		res->body_bytes = b.bytes;
	}
	buf_done(&b);
	return err_fold(err, r, "answer");
}
