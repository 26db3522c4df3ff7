// libnl-genl-3, imported as it is: sockets, and the names of generic netlink families and groups.
#include <netlink/netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
