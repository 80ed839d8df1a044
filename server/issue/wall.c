/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/mem.h"
#include "server/issue/warm.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The kernel's own limit on the instructions of a filter (BPF_MAXINSNS). */
struct wall {
	struct sock_filter rule[BPF_MAXINSNS];
	unsigned short n;
};

/* Calls that take no descriptor and reach nothing but this process's own memory and end. */
static const int plain_calls[] = {
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(poll),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};
/* Calls on the order's own socket. */
static const int socket_calls[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(close) };

static int
wall_limits(struct err *err)
{
	const struct {
		int what;
		rlim_t to;
	} limits[] = {
		{ RLIMIT_CPU, ISSUE_CHILD_CPU_S },
		{ RLIMIT_AS, SANITIZED ? RLIM_INFINITY : (rlim_t)ISSUE_CHILD_MEMORY_BYTES },
		{ RLIMIT_NOFILE, 1 }, /* 0 is taken; poll() wants room for one */
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NPROC, 0 },
	};
	for (unsigned i = 0; i < N_ELEMENTS(limits); i++) {
		struct rlimit l = { .rlim_cur = limits[i].to, .rlim_max = limits[i].to };
		if (setrlimit((__rlimit_resource_t)limits[i].what, &l) != 0)
			return err_raise(err, FAULT_INTERNAL, "limit", errno);
	}
	return 0;
}

/* A call is found by halves: for each child the kernel follows the program for all there are. */
enum { WALL_AS_TREE = 2 };

static int
wall_rules(scmp_filter_ctx c, int fd)
{
	int r = seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, WALL_AS_TREE);
	for (unsigned i = 0; i < N_ELEMENTS(plain_calls) && r == 0; i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, plain_calls[i], 0);
	for (unsigned i = 0; i < N_ELEMENTS(socket_calls) && r == 0; i++)
		r = seccomp_rule_add(
		    c, SCMP_ACT_ALLOW, socket_calls[i], 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	/* The log, and a sanitizer's last words. */
	if (r == 0)
		r = seccomp_rule_add(
		    c, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
	/* Anonymous memory only, never executable. */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

/* libseccomp hands its program to a descriptor only. */
static int
wall_read(int fd, struct wall *w, struct err *err)
{
	ssize_t n = pread(fd, w->rule, sizeof(w->rule), 0);
	if (n <= 0 || n == (ssize_t)sizeof(w->rule) || (size_t)n % sizeof(w->rule[0]) != 0)
		return err_raise(err, FAULT_INTERNAL, "seccomp program", errno);
	w->n = (unsigned short)((size_t)n / sizeof(w->rule[0]));
	return 0;
}

int
wall_make(int fd, struct wall **ret, struct err *err)
{
	AUTO_FD int at = memfd_create("wall", MFD_CLOEXEC);
	AUTO(wall) struct wall *w = mem_zero(sizeof(*w));
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (at < 0 || c == NULL) {
		seccomp_release(c);
		return err_raise(err, FAULT_INTERNAL, "seccomp", errno);
	}
	int r = wall_rules(c, fd);
	if (r == 0)
		r = seccomp_export_bpf(c, at);
	seccomp_release(c);
	if (r)
		return err_raise(err, FAULT_INTERNAL, "seccomp rules", r);
	r = wall_read(at, w, err);
	if (r == 0)
		*ret = TAKE(w);
	return err_trace(err, r, "wall");
}

void
wall_free(struct wall *w)
{
	mem_free(w);
}

int
wall_enter(const struct wall *w, struct err *err)
{
	const struct sock_fprog program = { .len = w->n,
		.filter = (struct sock_filter *)(uintptr_t)w->rule };
	int r = wall_limits(err);
	if (r)
		return err_trace(err, r, "wall");
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_raise(err, FAULT_INTERNAL, "dumpable", errno);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return err_raise(err, FAULT_INTERNAL, "seccomp", errno);
	return 0;
}
