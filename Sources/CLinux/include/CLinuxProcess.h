// Processes, where glibc's newer functions are not in Swift's Glibc module.
#ifndef REPLICA_CLINUX_PROCESS_H
#define REPLICA_CLINUX_PROCESS_H

#include <sys/types.h>

/// Opens a descriptor that becomes readable when the child ends, close-on-exec. Returns the descriptor, or -errno.
int rc_process_descriptor(pid_t process);
/// Lets a new process close all descriptors from `first` on; `actions` are its posix_spawn_file_actions_t, which as a type
/// would drag <signal.h> into this module. Returns 0, or -errno.
int rc_spawn_close_from(void *actions, int first);

#endif
