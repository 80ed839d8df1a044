/* SPDX-License-Identifier: Apache-2.0 */
/* libpq's pipeline mode (PostgreSQL manual, "Pipeline Mode"), for one round trip at a time. */
#include "db/db_private.h"

#include <string.h>

void
db_queue_put(struct db_queue *queue, const struct db_query *q, const struct db_arg *args,
    unsigned n, struct db_rows **ret_rows)
{
	if (queue->n < DB_QUEUE_MAX && n <= DB_QUEUE_ARGS) {
		struct db_queued *to = &queue->of[queue->n];
		*to = (struct db_queued){ .q = q, .n_args = n, .ret = ret_rows };
		for (unsigned i = 0; i < n; i++)
			to->args[i] = args[i];
	}
	queue->n++;
}

/* First use: outside of the pipeline, once in a connection's life. */
static int
prepare_all(
    struct db *db, const struct db_queue *queue, char names[DB_QUEUE_MAX][24], struct err *err)
{
	if (queue->n > DB_QUEUE_MAX)
		return err_raise(err, FAULT_INTERNAL, "queue", queue->n);
	for (unsigned i = 0; i < queue->n; i++) {
		const struct db_queued *one = &queue->of[i];
		int r = db_args_check(one->q, one->args, one->n_args, err);
		if (r == 0 && one->ret == NULL && one->q->rows != DB_ROWS_NONE)
			r = err_raise(err, FAULT_INTERNAL, "rows with no place for them", i);
		if (r == 0)
			r = db_prepare(db, one->q, names[i], err);
		if (r)
			return err_trace(err, r, "queue");
	}
	return 0;
}

static bool
send_all(struct db *db, const struct db_queue *queue, char names[DB_QUEUE_MAX][24])
{
	if (PQenterPipelineMode(db->conn) != 1)
		return false;
	for (unsigned i = 0; i < queue->n; i++) {
		const struct db_queued *one = &queue->of[i];
		const struct db_wire w = db_wire_of(one->args, one->n_args);
		if (PQsendQueryPrepared(db->conn, names[i], (int)one->n_args, w.values, w.lengths,
			w.formats, 0) != 1)
			return false;
	}
	return PQpipelineSync(db->conn) == 1;
}

/* One statement's result and the NULL behind it. */
static int
take_one(struct db *db, const struct db_queued *one, PGresult **ret, struct err *err)
{
	PGresult *res = PQgetResult(db->conn);
	ExecStatusType st = PQresultStatus(res);
	int r = 0;
	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		r = db_failed(db, res, one->q->name, err);
	else if (one->q == &db_query_commit)
		r = db_commit_check(res, err);
	else
		r = db_rows_check(one->q, res, err);
	PGresult *end = res ? PQgetResult(db->conn) : NULL;
	if (end != NULL) {
		PQclear(end);
		PQclear(res);
		return err_raise(err, FAULT_INTERNAL, "two results", 0);
	}
	*ret = res;
	return r;
}

/* Everything is read to its end, so that the connection can go on. */
static int
take_all(struct db *db, const struct db_queue *queue, PGresult **results, struct err *err)
{
	struct err later = { 0 };
	int r = 0;
	for (unsigned i = 0; i < queue->n && PQstatus(db->conn) == CONNECTION_OK; i++) {
		int x = take_one(db, &queue->of[i], &results[i], r ? &later : err);
		r = r ? r : x;
	}
	AUTO_RESULT PGresult *sync = PQgetResult(db->conn);
	if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(db->conn) != 1) {
		int x = db_failed(db, NULL, "queue", r ? &later : err);
		r = r ? r : x;
		db_disconnect(db);
	}
	return r;
}

int
db_queue_run(struct db *db, struct db_queue *queue, struct err *err)
{
	char names[DB_QUEUE_MAX][24];
	PGresult *results[DB_QUEUE_MAX] = { NULL };
	int r = prepare_all(db, queue, names, err);
	if (r == 0 && !send_all(db, queue, names)) {
		r = db_failed(db, NULL, "queue", err);
		db_disconnect(db);
	} else if (r == 0) {
		r = take_all(db, queue, results, err);
	}
	for (unsigned i = 0; i < queue->n && i < DB_QUEUE_MAX; i++) {
		struct db_rows **ret = queue->of[i].ret;
		if (r == 0 && ret != NULL)
			*ret = db_rows_new(results[i], queue->of[i].q->name);
		else
			PQclear(results[i]);
	}
	queue->n = 0;
	return err_trace(err, r, "queue");
}
