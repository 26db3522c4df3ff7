// Linux calls that Swift's Glibc module does not show: GNU-only functions, headers outside the module map,
// and macros. Every function returns a value of 0 or more, or -errno. No policy lives here.
#ifndef REPLICA_CLINUX_H
#define REPLICA_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/if_packet.h>
#include <linux/if_ether.h>
#include <linux/filter.h>
#include "HeartbeatSockets.h"

#include "CLinuxBlockDevices.h"
#include "CLinuxInterface.h"
#include "CLinuxPacket.h"
#include "CLinuxOptions.h"
#include "CLinuxProcess.h"

/// Opens a pipe with close-on-exec set on both ends. Returns 0, or -errno.
int rc_pipe(int descriptors[2]);
/// Opens an eventfd with close-on-exec and the given initial value. Returns the descriptor, or -errno.
int rc_eventfd(unsigned initial);
/// Accepts a connection with close-on-exec set. Returns the descriptor, or -errno.
int rc_accept(int listener);
/// Names the calling thread (at most 15 bytes). Returns 0, or -errno.
int rc_set_thread_name(const char *name);
/// Gives the calling thread the SCHED_FIFO priority, reset in children. Returns 0, or -errno.
int rc_set_realtime(int priority);
/// Locks all present and future pages of the process in memory. Returns 0, or -errno.
int rc_lock_memory(void);
/// Nanoseconds of CLOCK_MONOTONIC.
uint64_t rc_monotonic_nanoseconds(void);
/// Nanoseconds of CLOCK_REALTIME since 1970.
uint64_t rc_realtime_nanoseconds(void);
/// Sleeps until CLOCK_MONOTONIC reaches `deadline` nanoseconds, over interruptions. Returns 0, or -errno.
int rc_sleep_until(uint64_t deadline);
/// Credentials of the process at the other end of a Unix socket. Returns 0, or -errno.
int rc_peer_user(int socket, uint32_t *user);
/// Reserves private anonymous memory whose pages appear on first use. Returns 0, or -errno.
int rc_anonymous_memory(size_t length, void **address);
/// Sets how many bytes a pipe holds. Returns the capacity, or -errno.
int rc_set_pipe_capacity(int descriptor, int bytes);

#endif
