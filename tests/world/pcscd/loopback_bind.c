/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loopback_bind - preloaded into pcscd: a bind to 0.0.0.0 becomes 127.0.0.1.
 *
 * vpcd in server mode listens on every address, which would let anyone on the
 * network lay a card on the reader.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *addr, socklen_t bytes);

int
bind(int fd, const struct sockaddr *addr, socklen_t bytes)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	struct sockaddr_in in;
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "bind");
	if (bytes < sizeof(in) || addr->sa_family != AF_INET)
		return real(fd, addr, bytes);
	memcpy(&in, addr, sizeof(in));
	if (in.sin_addr.s_addr == htonl(INADDR_ANY))
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return real(fd, (const struct sockaddr *)&in, sizeof(in));
}
