#include "CGuest.h"

extern char **environ;

char **cguest_environment(void) { return environ; }
