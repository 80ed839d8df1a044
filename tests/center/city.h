/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/server.h"

enum { CITY_N_ROUTES = 5 };
extern const struct http_route city_routes[CITY_N_ROUTES]; /* app: a struct city */
void city_outcomes_fill(void);                             /* before the first of them is served */
int ocsp_answer(struct http_req *req, struct http_res *res, struct err *err); /* app: the world */
