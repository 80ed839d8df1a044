/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin - the kofu-center subcommands of the operator:
 *
 *   migrate CONF                            brings the database to this build's schema
 *   stop-muni CONF MUNI                     nothing of this municipality passes any more
 *   resume-muni CONF MUNI --by A --by B     lifts a stop: two people, by name
 *   cut-kiosk CONF KIOSK --by A             nothing of this kiosk passes any more, at once
 *   admit-kiosk CONF KIOSK --by A --by B    lets it in again: two people, by name
 *   list-node CONF MUNI --by A --by B       the announcement on stdin is taken: two people, by name
 *   unlist-node CONF MUNI DIGEST --by A     it is taken no more, within ROUTER_WATCH_S
 *   cut-node CONF NODE --by A               no node of that name is asked or heard any more
 *   admit-node CONF NODE --by A --by B      lets it in again: two people, by name
 *   status CONF                             every municipality that was ever stopped, every kiosk
 * cut off
 *
 * Exit status: 0 done, 1 refused or failed, 2 wrong usage, 78 wrong configuration.
 */
#pragma once

/* argv[0] is the subcommand. Returns -1 when it is none of these. */
int admin_main(int argc, char **argv);
