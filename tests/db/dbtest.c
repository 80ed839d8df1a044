/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/db/dbtest.h"

#include "base/log.h"

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((noreturn, format(printf, 1, 2))) dbtest_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static char cluster_dir[64];

static void
cluster_stop(void)
{
	char cmd[512];
	(void)snprintf(cmd, sizeof(cmd), "sh '%s' stop '%s'", DBTEST_CLUSTER_SH, cluster_dir);
	if (system(cmd) != 0)
		fprintf(stderr, "dbtest: the cluster did not stop\n");
}

static void
cluster_start(char *out, size_t room)
{
	char cmd[512];
	(void)snprintf(cluster_dir, sizeof(cluster_dir), "/tmp/kofu-pg-XXXXXX");
	if (mkdtemp(cluster_dir) == NULL)
		dbtest_die("dbtest: no temporary folder");
	(void)snprintf(cmd, sizeof(cmd), "sh '%s' start '%s' %ld", DBTEST_CLUSTER_SH, cluster_dir,
	    (long)getpid());
	FILE *p = popen(cmd, "r");
	if (p == NULL || fgets(out, (int)room, p) == NULL || pclose(p) != 0)
		dbtest_die("dbtest: the cluster did not start");
	out[strcspn(out, "\n")] = '\0';
	if (atexit(cluster_stop) != 0)
		dbtest_die("dbtest: atexit");
}

const char *
dbtest_cluster(void)
{
	static char base[256];
	const char *given = getenv("KOFU_TEST_PG");
	if (base[0] == '\0' && given != NULL && given[0] != '\0')
		(void)snprintf(base, sizeof(base), "%s", given);
	if (base[0] == '\0')
		cluster_start(base, sizeof(base));
	return base;
}

static PGconn *
dbtest_connect(const char *conninfo)
{
	PGconn *c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		dbtest_die("dbtest: %s", PQerrorMessage(c));
	return c;
}

static PGresult *
dbtest_exec(PGconn *c, const char *sql)
{
	PGresult *res = PQexec(c, sql);
	ExecStatusType st = PQresultStatus(res);
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		dbtest_die("dbtest: %s: %s", sql, PQerrorMessage(c));
	return res;
}

void
dbtest_sql(const char *conninfo, const char *sql)
{
	PGconn *c = dbtest_connect(conninfo);
	PQclear(dbtest_exec(c, sql));
	PQfinish(c);
}

const char *
dbtest_value(const char *conninfo, const char *sql)
{
	static char value[4096];
	PGconn *c = dbtest_connect(conninfo);
	PGresult *res = dbtest_exec(c, sql);
	if (PQntuples(res) != 1)
		dbtest_die("dbtest: %s: %d rows", sql, PQntuples(res));
	(void)snprintf(value, sizeof(value), "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	PQfinish(c);
	return value;
}

const char *
dbtest_plan(const char *conninfo, const char *settings, const char *sql, const char *args)
{
	char text[8192];
	int n = snprintf(text, sizeof(text),
	    "CREATE OR REPLACE FUNCTION plan() RETURNS text LANGUAGE plpgsql %s AS $t$ DECLARE "
	    "line text; lines text := ''; BEGIN EXECUTE $s$PREPARE planned AS %s$s$; FOR line IN "
	    "EXECUTE $e$EXPLAIN EXECUTE planned(%s)$e$ LOOP lines := lines || line; END LOOP; "
	    "DEALLOCATE planned; RETURN lines; END $t$",
	    settings, sql, args);
	if (n < 0 || (size_t)n >= sizeof(text))
		dbtest_die("dbtest: statement too long: %s", sql);
	dbtest_sql(conninfo, text);
	return dbtest_value(conninfo, "SELECT plan()");
}

void
dbtest_create(const struct db_migration *m, size_t n, char conninfo[DBTEST_CONNINFO_BYTES])
{
	static unsigned made;
	char sql[128];
	struct err err = { 0 };
	const char *base = dbtest_cluster();
	int name = snprintf(sql, sizeof(sql), "CREATE DATABASE t_%ld_%u", (long)getpid(), ++made);
	dbtest_sql(base, sql);
	if (snprintf(conninfo, DBTEST_CONNINFO_BYTES, "%s dbname=%.*s", base,
		name - (int)strlen("CREATE DATABASE "),
		sql + strlen("CREATE DATABASE ")) >= DBTEST_CONNINFO_BYTES)
		dbtest_die("dbtest: conninfo too long");
	if (n == 0)
		return;
	struct db *db = NULL;
	unsigned ran = 0;
	if (db_open(conninfo, &db, &err) != 0 || db_migrate(db, m, n, &ran, &err) != 0) {
		log_fault("dbtest", (struct txn_id){ 0 }, &err);
		dbtest_die("dbtest: migration failed");
	}
	db_close(db);
}

void
dbtest_cut(const char *conninfo)
{
	dbtest_sql(conninfo,
	    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
	    " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}
