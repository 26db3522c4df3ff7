#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>

int rc_set_pipe_capacity(int descriptor, int bytes)
{
    int capacity = fcntl(descriptor, F_SETPIPE_SZ, bytes);
    return capacity < 0 ? -errno : capacity;
}
