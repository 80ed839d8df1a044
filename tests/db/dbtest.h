/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbtest - a database of its own for a test program.
 *
 * With KOFU_TEST_PG (a conninfo, as cluster.sh prints it) the databases are
 * made in that cluster; without, the program starts one with
 * tests/db/cluster.sh and it ends with the program. Trouble ends the program.
 */
#pragma once
#include "db/db.h"

/* The cluster's superuser conninfo, without a database name. Starts the cluster the first time. */
const char *dbtest_cluster(void);
/*
 * A new database, migrated by @m (n 0 = empty). Writes its conninfo into
 * @conninfo. Every call makes another one.
 */
enum { DBTEST_CONNINFO_BYTES = 512 };
void dbtest_create(const struct db_migration *m, size_t n, char conninfo[DBTEST_CONNINFO_BYTES]);
/* Statements of a test, by the superuser, in that database. */
void dbtest_sql(const char *conninfo, const char *sql);
/* One value of one row as text; "" for NULL. Lives until the next call. */
const char *dbtest_value(const char *conninfo, const char *sql);
/*
 * How a prepared @sql would be run, as EXPLAIN says, in one line; @args as behind EXECUTE,
 * @settings as of a function ("SET enable_seqscan = off"). Lives until the next call.
 */
const char *dbtest_plan(
    const char *conninfo, const char *settings, const char *sql, const char *args);
/* Connections to that database are cut by the server. */
void dbtest_cut(const char *conninfo);
