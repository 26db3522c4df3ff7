// Sockets of the heartbeat: datagrams between the hosts, packets between the service and the local controller.
#ifndef REPLICA_CLINUX_HEARTBEAT_SOCKETS_H
#define REPLICA_CLINUX_HEARTBEAT_SOCKETS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/// An IPv4 or IPv6 address with a port, in the kernel's form.
struct rc_address {
    uint8_t bytes[28];
    uint32_t length;
};

/// Reads a numeric address (IPv6 with an optional %interface). Returns its family, or -EINVAL.
int rc_address_parse(const char *text, uint16_t port, struct rc_address *address);
/// Whether both are the same host and port.
int rc_address_is_same(const struct rc_address *left, const struct rc_address *right);
/// Opens a non-blocking UDP socket on a local address that need not exist yet, at high priority in the queues.
/// Returns the descriptor, or -errno.
int rc_datagram_open(const struct rc_address *local);
/// Sends without blocking. Returns 0, or -errno.
int rc_datagram_send(int socket, const struct rc_address *to, const void *bytes, size_t length);
/// Receives without blocking. Returns the datagram's whole length, which may be more than `length`, or -errno.
int rc_datagram_receive(int socket, struct rc_address *from, void *bytes, size_t length);
/// Listens for packet connections at `path`, mode 0600, in place of a socket that nobody listens on.
/// Returns a non-blocking descriptor, or -errno (-EADDRINUSE when somebody listens).
int rc_local_listen(const char *path);
/// Connects to a packet socket. Returns the descriptor, or -errno.
int rc_local_connect(const char *path);
/// Sends one packet without blocking. Returns 0, or -errno (-EAGAIN when the queue is full).
int rc_local_send(int socket, const void *bytes, size_t length);
/// Receives one packet without blocking. Returns its whole length, 0 at the end of the connection, or -errno.
int rc_local_receive(int socket, void *bytes, size_t length);
/// Bounds the bytes that may wait in a socket to be read by the other end. Returns 0, or -errno.
int rc_set_send_buffer(int socket, int bytes);
/// Waits for descriptors until CLOCK_MONOTONIC reaches `deadline` nanoseconds. Returns how many are ready, or -errno.
int rc_poll_until(struct pollfd *descriptors, size_t count, uint64_t deadline);
/// Random bytes of the kernel. Returns 0, or -errno.
int rc_random(void *bytes, size_t length);

#endif
