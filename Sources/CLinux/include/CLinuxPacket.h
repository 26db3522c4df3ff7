// Packet sockets: whole Ethernet frames in and out of one interface.
// Every function returns a value of 0 or more, or -errno.
#ifndef REPLICA_CLINUX_PACKET_H
#define REPLICA_CLINUX_PACKET_H

#include <stddef.h>

/// Opens a packet socket that receives nothing, for sending. Returns the descriptor, or -errno.
int rc_packet_open_sender(void);
/// Sends one whole Ethernet frame of at least 14 bytes out of an interface. Returns 0, or -errno.
int rc_packet_send(int socket, int interface, const void *frame, size_t length);
/// Opens a packet socket that sees what enters an interface before traffic control does, and of that only ARP frames and
/// ICMPv6 router and neighbour discovery (types 133 to 136) without a VLAN tag; at most `most` bytes of each.
/// Returns the descriptor, or -errno.
int rc_packet_open_listener(int interface, unsigned most);
/// Opens a packet socket that takes no frame, but makes the kernel copy each frame that enters an interface out of the memory
/// of whoever sent it. Returns the descriptor, or -errno.
int rc_packet_open_copier(int interface);
/// Opens a packet socket that becomes readable when a frame enters an interface; it keeps a byte of the first frames and drops
/// the others. Returns the descriptor, or -errno.
int rc_packet_open_watcher(int interface);
/// Forgets the frames that a watcher keeps. Returns 1 where there were any, 0, or -errno.
int rc_packet_forget(int socket);
/// Waits until one of up to 64 watchers has a frame or has failed. Returns 1 then, 0 after `milliseconds`, or -errno.
int rc_packet_wait(const int *sockets, int count, int milliseconds);
/// Waits for a frame, and copies at most `capacity` bytes of it. Returns the number of bytes, 0 when `stop` became
/// readable or was hung up, or -errno.
int rc_packet_receive(int socket, int stop, void *buffer, size_t capacity);
/// Waits until CLOCK_MONOTONIC reaches `deadline` nanoseconds. Returns 1 then, 0 when `stop` became readable or was hung up
/// before, or -errno.
int rc_wait_until_or_stop(unsigned long long deadline, int stop);

#endif
