/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/decoder_child.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int
limit_to(int resource, rlim_t value, rlim_t most, struct err *err)
{
	const struct rlimit l = { value, most };
	if (setrlimit((__rlimit_resource_t)resource, &l) != 0)
		return err_raise(err, FAULT_INTERNAL, "setrlimit", errno);
	return 0;
}

static int
limit(int resource, rlim_t value, struct err *err)
{
	return limit_to(resource, value, value, err);
}

/* What this process has had so far counts. */
static int
limit_cpu(unsigned more_s, rlim_t most, struct err *err)
{
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) != 0)
		return err_raise(err, FAULT_INTERNAL, "getrusage", errno);
	rlim_t until = (rlim_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (more_s > 0 ? more_s : 1);
	return limit_to(RLIMIT_CPU, until < most ? until : most, most, err);
}

static int
limit_all(unsigned cpu_s, unsigned most_s, struct err *err)
{
	int r = limit_cpu(cpu_s, most_s, err);
	if (r == 0)
		r = limit(RLIMIT_AS, SANITIZED ? RLIM_INFINITY : (rlim_t)DECODER_MEMORY_BYTES, err);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0, err);
	if (r == 0)
		r = limit(RLIMIT_CORE, 0, err); /* a core file would hold the paper */
	if (r == 0 &&
	    (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
		r = err_raise(err, FAULT_INTERNAL, "prctl", errno);
	return err_trace(err, r, "limits");
}

int
decoder_wall_extend(unsigned more_s, struct err *err)
{
	return err_trace(err, limit_cpu(more_s, DECODER_CPU_S, err), "decoder_wall_extend");
}

int
decoder_wall_child(unsigned cpu_s, struct err *err)
{
	static const int allowed[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv),
		SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
		SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(fstat),
		SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(mmap), SCMP_SYS(munmap),
		SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
		SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sysinfo) /* qsort */,
		SCMP_SYS(sched_yield), SCMP_SYS(exit), SCMP_SYS(exit_group) };
	int r = limit_all(cpu_s, DECODER_CPU_S, err);
	if (r)
		return err_trace(err, r, "decoder_wall_child");
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad = c == NULL;
	for (size_t i = 0; !bad && i < N_ELEMENTS(allowed); i++)
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
	/* Its own processor time, and nothing else of nobody else. */
	bad = bad ||
	    seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0),
		SCMP_A1(SCMP_CMP_EQ, RLIMIT_CPU));
	bad = bad || seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(getrusage), 0);
	if (SANITIZED) /* AddressSanitizer asks at the end where the stack is */
		bad = bad || seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0);
	/* Asking for a file is answered, not punished: libraries look for their settings. */
	static const int refused[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat),
		SCMP_SYS(access), SCMP_SYS(readlink), SCMP_SYS(ioctl), SCMP_SYS(fcntl) };
	for (size_t i = 0; !bad && i < N_ELEMENTS(refused); i++)
		bad = seccomp_rule_add(c, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	bad = bad || seccomp_load(c);
	seccomp_release(c);
	return bad ? err_raise(err, FAULT_INTERNAL, "seccomp", bad) : 0;
}

int
decoder_wall_pdf(unsigned cpu_s, struct err *err)
{
	static const int refused[] = { SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
		SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(ptrace),
		SCMP_SYS(kill), SCMP_SYS(mount), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
		SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),
		SCMP_SYS(mkdirat), SCMP_SYS(creat), SCMP_SYS(chmod), SCMP_SYS(fchmod),
		SCMP_SYS(fork), SCMP_SYS(vfork) };
	int r = limit_all(cpu_s, cpu_s, err);
	if (r)
		return err_trace(err, r, "decoder_wall_pdf");
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int bad = c == NULL;
	for (size_t i = 0; !bad && i < N_ELEMENTS(refused); i++)
		bad = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	/* Files may be read, never made or written. */
	bad = bad ||
	    seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY));
	bad = bad ||
	    seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR));
	bad = bad || seccomp_load(c);
	seccomp_release(c);
	return bad ? err_raise(err, FAULT_INTERNAL, "seccomp", bad) : 0;
}
