#include "CLinux.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int rc_interface_socket(void)
{
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return descriptor < 0 ? -errno : descriptor;
}

static int name_interface(struct ifreq *request, const char *name)
{
    memset(request, 0, sizeof *request);
    size_t length = strlen(name);
    if (length == 0 || length >= IFNAMSIZ) return -ENODEV;
    memcpy(request->ifr_name, name, length);
    return 0;
}

static int ask(int socket, unsigned long what, struct ifreq *request)
{
    return ioctl(socket, what, request) < 0 ? -errno : 0;
}

int rc_interface_set_up(int socket, const char *name, int up)
{
    struct ifreq request;
    int result = name_interface(&request, name);
    if (!result) result = ask(socket, SIOCGIFFLAGS, &request);
    if (result) return result;
    if (up) request.ifr_flags |= IFF_UP;
    else request.ifr_flags &= ~IFF_UP;
    return ask(socket, SIOCSIFFLAGS, &request);
}

int rc_interface_rename(int socket, const char *name, const char *new_name)
{
    struct ifreq request;
    int result = name_interface(&request, name);
    if (result) return result;
    size_t length = strlen(new_name);
    if (length == 0 || length >= IFNAMSIZ) return -EINVAL;
    memcpy(request.ifr_newname, new_name, length);
    return ask(socket, SIOCSIFNAME, &request);
}

int rc_interface_set_address(int socket, const char *name, const uint8_t address[6])
{
    struct ifreq request;
    int result = name_interface(&request, name);
    if (result) return result;
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, address, 6);
    return ask(socket, SIOCSIFHWADDR, &request);
}

int rc_interface_mtu(int socket, const char *name)
{
    struct ifreq request;
    int result = name_interface(&request, name);
    if (!result) result = ask(socket, SIOCGIFMTU, &request);
    return result ? result : request.ifr_mtu;
}

int rc_interface_set_mtu(int socket, const char *name, int bytes)
{
    struct ifreq request;
    int result = name_interface(&request, name);
    if (result) return result;
    request.ifr_mtu = bytes;
    return ask(socket, SIOCSIFMTU, &request);
}

int rc_bridge_add_port(int socket, const char *bridge, const char *port)
{
    struct ifreq request;
    int result = name_interface(&request, port);
    if (!result) result = ask(socket, SIOCGIFINDEX, &request);
    if (result) return result;
    int index = request.ifr_ifindex;
    result = name_interface(&request, bridge);
    if (result) return result;
    request.ifr_ifindex = index;
    return ask(socket, SIOCBRADDIF, &request);
}
