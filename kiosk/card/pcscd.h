/* SPDX-License-Identifier: Apache-2.0 */
/* pcscd - is the daemon behind the socket one that a PIN may be sent through? */
#pragma once
#include "kiosk/card/card.h"

/*
 * Looks at the command line of the pcscd that this process is talking to.
 * Returns 0 or FAULT_CONFIG: it logs APDUs, or it cannot be found.
 */
MUST_USE int card_pcscd_check(struct err *err);
