// Memory as a file, and loop devices over it. Every function returns a value of 0 or more, or -errno.
#ifndef REPLICA_CLINUX_BLOCK_DEVICES_H
#define REPLICA_CLINUX_BLOCK_DEVICES_H

#include <stdint.h>

/// Makes a file in memory, close-on-exec, whose size is fixed for good; its pages appear on first use.
/// Returns the descriptor, or -errno.
int rc_memory_file(const char *name, uint64_t bytes);
/// Gives the pages of a file's first bytes back; they read as zeros then. Returns 0, or -errno.
int rc_punch_hole(int file, uint64_t bytes);
/// The number of a loop device that nobody used a moment ago; `control` is /dev/loop-control. Returns it, or -errno.
int rc_loop_free(int control);
/// Puts a loop device over a file until its last user closes it. Returns 0, or -errno (-EBUSY when it is taken).
int rc_loop_configure(int loop, int file);
/// The major and minor number of a block device. Returns 0, or -errno (-ENOTBLK when it is something else).
int rc_block_device_number(const char *path, uint32_t *major_number, uint32_t *minor_number);
/// Opens a device or file for reading and writing past the page cache, close-on-exec. Returns the descriptor, or -errno.
int rc_open_direct(const char *path);

#endif
