#define _GNU_SOURCE
#include "CGuest.h"

#include <fcntl.h>

extern char **environ;

char **cguest_environment(void) { return environ; }

const int cguest_o_direct = O_DIRECT;
