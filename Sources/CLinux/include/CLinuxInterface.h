// Network interfaces of this host, and the ports of its bridges. Every function returns a value of 0 or more, or -errno.
#ifndef REPLICA_CLINUX_INTERFACE_H
#define REPLICA_CLINUX_INTERFACE_H

#include <stdint.h>

/// Opens a socket for the functions below, close-on-exec. Returns the descriptor, or -errno.
int rc_interface_socket(void);
/// Sets an interface up or down. Returns 0, or -errno.
int rc_interface_set_up(int socket, const char *name, int up);
/// Gives an interface that is down another name. Returns 0, or -errno (-EEXIST when it is taken).
int rc_interface_rename(int socket, const char *name, const char *new_name);
/// Gives an Ethernet interface its address. Returns 0, or -errno.
int rc_interface_set_address(int socket, const char *name, const uint8_t address[6]);
/// The bytes that a frame of an interface may carry. Returns them, or -errno.
int rc_interface_mtu(int socket, const char *name);
/// Sets the bytes that a frame of an interface may carry. Returns 0, or -errno.
int rc_interface_set_mtu(int socket, const char *name, int bytes);
/// Makes an interface a port of a bridge. Returns 0, or -errno (-EBUSY when it is a port already).
int rc_bridge_add_port(int socket, const char *bridge, const char *port);

#endif
