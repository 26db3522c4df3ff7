/* What the Glibc module map lacks: signalfd, O_DIRECT, and the environment without a mutable C global. */
#ifndef CGUEST_H
#define CGUEST_H

#include <sys/signalfd.h>

/* The environment of this process, for posix_spawnp(3). */
char **cguest_environment(void);

/* O_DIRECT of open(2). */
extern const int cguest_o_direct;

#endif
