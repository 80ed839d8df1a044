/* SPDX-License-Identifier: Apache-2.0 */
#include "server/seal/pool.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/notify.h"
#include "pki/selftest.h"
#include "server/seal/worker.h"
#include "wire/frame.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct pool {
	const struct seal_conf *conf;
	struct render_fonts *fonts;
	int listening;
	int ready[2]; /* a byte for each worker that became ready */
	int signals;
	sigset_t old_mask;
	unsigned n_running, n_early_deaths;
	bool starting, said_ready;
};

static void
worker_harden(void)
{
	struct rlimit none = { 0, 0 };
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

_Noreturn static void
worker_main(struct pool *p)
{
	struct err err = { 0 };
	struct seal_worker *w = mem_zero(sizeof(*w));
	(void)sigprocmask(SIG_SETMASK, &p->old_mask, NULL);
	close(p->signals);
	close(p->ready[0]);
	worker_harden();
	mem_keep(POOL_KEEP_BYTES); /* one order is like the next */
	int r = seal_worker_open(w, p->conf, p->fonts, &err);
	if (r == 0 && write(p->ready[1], "", 1) == 1) {
		close(p->ready[1]);
		seal_worker_serve(w, p->listening);
	}
	if (r)
		log_fault("seal.worker", (struct txn_id){ 0 }, &err);
	_exit(1);
}

/* One at a time: SoftHSM misses tokens when two processes open it at the same moment. */
static int
pool_fill(struct pool *p, struct err *err)
{
	if (p->starting || p->n_running == (unsigned)p->conf->workers)
		return 0;
	pid_t pid = fork();
	if (pid < 0)
		return err_raise(err, FAULT_UNAVAILABLE, "fork", errno);
	if (pid == 0)
		worker_main(p);
	p->n_running++;
	p->starting = true;
	return 0;
}

/* Counts the dead. A worker that never became ready points to a fault that will not go away. */
static int
pool_bury(struct pool *p, struct err *err)
{
	while (waitpid(-1, NULL, WNOHANG) > 0) {
		p->n_running--;
		p->starting =
		    false; /* if it was another, two start at once and one may try again */
		LOG(LOG_LVL_ERR, "seal.worker-died", LOG_F("running", p->n_running));
		if (++p->n_early_deaths > POOL_MAX_EARLY_DEATHS)
			return err_raise(err, FAULT_UNAVAILABLE, "workers die", p->n_early_deaths);
	}
	return pool_fill(p, err);
}

static int
pool_hear_ready(struct pool *p, struct err *err)
{
	char c;
	if (read(p->ready[0], &c, 1) != 1)
		return 0;
	p->n_early_deaths = 0;
	p->starting = false;
	if (!p->said_ready && p->n_running == (unsigned)p->conf->workers) {
		p->said_ready = true;
		printf("ready\n");
		(void)fflush(stdout);
		notify_ready();
	}
	return pool_fill(p, err);
}

/* Returns the signal that ends us, 0 for none. */
static int
pool_step(struct pool *p, struct err *err, int *ret_signal)
{
	struct pollfd fds[2] = { { .fd = p->signals, .events = POLLIN },
		{ .fd = p->ready[0], .events = POLLIN } };
	struct signalfd_siginfo s;
	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : err_raise(err, FAULT_INTERNAL, "poll", errno);
	int r = (fds[1].revents & POLLIN) ? pool_hear_ready(p, err) : 0;
	if (r)
		return err_trace(err, r, "worker");
	if (!(fds[0].revents & POLLIN) || read(p->signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return 0;
	if (s.ssi_signo != SIGCHLD)
		*ret_signal = (int)s.ssi_signo;
	return *ret_signal != 0 ? 0 : pool_bury(p, err);
}

static int
pool_open(struct pool *p, struct err *err)
{
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, &p->old_mask) != 0)
		return err_raise(err, FAULT_INTERNAL, "signals", errno);
	p->signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (p->signals < 0 || pipe2(p->ready, O_CLOEXEC) != 0)
		return err_raise(err, FAULT_INTERNAL, "descriptors", errno);
	/* Another uid that may ask comes in by its group; who it is, each worker looks. */
	const mode_t mode = p->conf->uid < 0 ? 0600 : 0660;
	return err_trace(err, frame_listen(p->conf->socket, mode, &p->listening, err), "socket");
}

int
pool_run(const struct seal_conf *c, struct err *err)
{
	struct pool p = { .conf = c, .listening = -1, .ready = { -1, -1 }, .signals = -1 };
	int end = 0;
	int r = selftest_start(err); /* what signs must work as it always did */
	if (r == 0)
		r = render_fonts_open(c->fonts, &p.fonts, err);
	for (unsigned i = 0; r == 0 && i < c->n_munis; i++)
		r = render_grounds_check(p.fonts, &c->munis[i].parsed, 1, err);
	if (r == 0) {
		for (unsigned i = 0; i < c->n_munis; i++) /* once for all workers */
			render_fonts_warm(p.fonts, &c->munis[i].parsed, 1, true);
		render_fonts_learned(p.fonts);
		r = pool_open(&p, err);
	}
	if (r == 0)
		r = pool_fill(&p, err);
	while (r == 0 && end == 0)
		r = pool_step(&p, err, &end);
	fd_close(p.listening);
	(void)unlink(c->socket);
	fd_close(p.signals);
	fd_close(p.ready[0]);
	fd_close(p.ready[1]);
	render_fonts_free(p.fonts);
	return err_trace(err, r, "kofu-seal"); /* the workers die with us (PR_SET_PDEATHSIG) */
}
