/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sync/tell.h"

static int
answer_check(const struct http_reply *reply, const char *member, int64_t want, struct err *err)
{
	const char *const names[] = { member, NULL };
	AUTO(json_t) json_t *answer = NULL;
	int64_t got = 0;
	int r = js_parse(reply->body, reply->body_bytes, &answer, err);
	if (r == 0)
		r = js_members(answer, names, err);
	if (r == 0)
		r = js_int(answer, member, 0, INT64_MAX, &got, err);
	if (r == 0 && got != want)
		return err_raise(err, FAULT_INTEGRITY, "center acknowledged something else", 0);
	return err_fold(err, r, "center's answer");
}

int
tell_center(struct http_client *center, struct arena *a, const char *path, const json_t *o,
    const char *member, int64_t want, struct err *err)
{
	struct buf body;
	struct http_reply reply = { 0 };
	buf_init(&body, TELL_BODY_MAX_BYTES);
	int r = js_format(o, &body, err);
	if (r == 0)
		r = http_ask(center, a,
		    &(struct http_ask){
			.method = "POST", .path = path, .body = body.p, .body_bytes = body.bytes },
		    &reply, err);
	buf_done(&body);
	if (r == HTTP_E_REFUSED && reply.status >= 500)
		return err_raise(err, FAULT_UNAVAILABLE, "center", (long)reply.status);
	if (r == HTTP_E_REFUSED)
		return err_raise(err, FAULT_INTEGRITY, "center refused", (long)reply.status);
	if (r)
		return err_fold(err, r, "center");
	return answer_check(&reply, member, want, err);
}
