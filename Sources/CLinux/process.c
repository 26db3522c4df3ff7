#include "CLinux.h"

#include <errno.h>
#include <spawn.h>
#include <sys/pidfd.h>

int rc_process_descriptor(pid_t process)
{
    int descriptor = pidfd_open(process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int rc_spawn_close_from(void *actions, int first)
{
    return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}
