/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/decoder_child.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int
limit(int resource, rlim_t value, struct err *err)
{
	const struct rlimit l = { value, value };
	if (setrlimit((__rlimit_resource_t)resource, &l) != 0)
		return err_raise(err, FAULT_INTERNAL, "setrlimit", errno);
	return 0;
}

static int
limit_all(struct err *err)
{
	int r = limit(RLIMIT_CPU, DECODER_CPU_S, err);
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
decoder_wall_child(struct err *err)
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
	int r = limit_all(err);
	if (r)
		return err_trace(err, r, "decoder_wall_child");
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad = c == NULL;
	for (size_t i = 0; !bad && i < N_ELEMENTS(allowed); i++)
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
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
decoder_wall_pdf(struct err *err)
{
	static const int refused[] = { SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
		SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(ptrace),
		SCMP_SYS(kill), SCMP_SYS(mount), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
		SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir),
		SCMP_SYS(mkdirat), SCMP_SYS(creat), SCMP_SYS(chmod), SCMP_SYS(fchmod),
		SCMP_SYS(fork), SCMP_SYS(vfork) };
	int r = limit_all(err);
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
