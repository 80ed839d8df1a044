/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify - tells the service manager how the program is, by the protocol of
 * sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names. Without one
 * nothing happens.
 */
#pragma once

void notify_ready(void);
void notify_stopping(void);
