#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int rc_packet_open_sender(void)
{
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int rc_packet_send(int descriptor, int interface, const void *frame, size_t length)
{
    const unsigned char *bytes = frame;
    if (length < ETH_HLEN) return -EINVAL;
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons((unsigned short)(bytes[12] << 8 | bytes[13])),
        .sll_ifindex = interface,
        .sll_halen = ETH_ALEN,
    };
    ssize_t sent;
    do {
        sent = sendto(descriptor, frame, length, 0, (struct sockaddr *)&to, sizeof to);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

// Opens a packet socket that sees what enters one interface and passes the filter.
static int open_filtered(int interface, struct sock_filter *program, size_t length)
{
    // Protocol 0 receives nothing until the filter is in place and the socket is bound to its one interface.
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
    struct sockaddr_ll from = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = interface};
    // Without this the kernel would clone each frame to the guest, too, only for the filter to refuse it.
    int yes = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
        setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0 ||
        bind(descriptor, (struct sockaddr *)&from, sizeof from) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

// Offsets in a frame: 12 ethertype, 20 next header of IPv6, 54 ICMPv6 type. A load beyond a short frame rejects it.
int rc_packet_open_listener(int interface, unsigned most)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 9),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 6, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ND_ROUTER_SOLICIT, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ND_NEIGHBOR_ADVERT, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, most),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    return open_filtered(interface, program, sizeof program / sizeof program[0]);
}

int rc_packet_open_copier(int interface)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    return open_filtered(interface, &nothing, 1);
}

int rc_packet_open_watcher(int interface)
{
    struct sock_filter one = BPF_STMT(BPF_RET | BPF_K, 1);
    int descriptor = open_filtered(interface, &one, 1);
    if (descriptor < 0) return descriptor;
    // The kernel takes its least size: what comes when that is full costs no copy.
    int least = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &least, sizeof least) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int rc_packet_forget(int descriptor)
{
    char byte;
    int any = 0;
    // No more than the socket can hold: frames that come meanwhile must not keep the caller here.
    for (int round = 0; round < 16; round++) {
        if (recv(descriptor, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0) {
            any = 1;
        } else if (errno != EINTR) {
            return errno == EAGAIN ? any : -errno;
        }
    }
    return any;
}

int rc_packet_wait(const int *sockets, int count, int milliseconds)
{
    struct pollfd waiting[64];
    if (count < 0 || count > 64) return -EINVAL;
    for (int index = 0; index < count; index++) waiting[index] = (struct pollfd){.fd = sockets[index], .events = POLLIN};
    int ready = poll(waiting, (nfds_t)count, milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    return ready > 0;
}

int rc_packet_receive(int descriptor, int stop, void *buffer, size_t capacity)
{
    for (;;) {
        struct pollfd waiting[2] = {{.fd = descriptor, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
        if (poll(waiting, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        if (waiting[1].revents) return 0;
        ssize_t length = recv(descriptor, buffer, capacity, 0);
        if (length > 0) return (int)length;
        if (length < 0 && errno != EINTR && errno != EAGAIN) return -errno;
    }
}

int rc_wait_until_or_stop(unsigned long long deadline, int stop)
{
    for (;;) {
        unsigned long long now = rc_monotonic_nanoseconds();
        if (now >= deadline) return 1;
        unsigned long long left = deadline - now;
        struct timespec interval = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
        struct pollfd waiting = {.fd = stop, .events = POLLIN};
        int ready = ppoll(&waiting, 1, &interval, NULL);
        if (ready > 0) return 0;
        if (ready < 0 && errno != EINTR) return -errno;
    }
}
