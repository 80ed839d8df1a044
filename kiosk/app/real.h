/* SPDX-License-Identifier: Apache-2.0 */
/* real - the ports of a kiosk that is no test: PC/SC, the center over TLS, IPP, the till's socket.
 */
#pragma once
#include "base/err.h"
#include "kiosk/app/ports.h"
#include "kiosk/kiosk_conf.h"

struct real;
void real_free(struct real *r);
DEFINE_AUTO(real)
/* Opens reader, printer and clients. 0, FAULT_CONFIG (TLS files, printer's URI, a pcscd that logs
 * PINs) or FAULT_UNAVAILABLE (no pcscd). */
MUST_USE int real_new(const struct kiosk_conf *c, struct real **ret, struct err *err);
/* Valid as long as @r. */
struct ports real_ports(struct real *r);
