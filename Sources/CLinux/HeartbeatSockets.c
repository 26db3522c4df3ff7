#include "CLinux.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(((struct rc_address *)0)->bytes), "an IPv6 address fits");

static int negative_errno(long result) { return result < 0 ? -errno : (int)result; }

// close(2) may change errno, so the error is taken before.
static int closing(int descriptor, int error)
{
    close(descriptor);
    return error;
}

int rc_address_parse(const char *text, uint16_t port, struct rc_address *address)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(text, service, &hints, &found) != 0) return -EINVAL;
    int family = found->ai_family;
    if (found->ai_addrlen > sizeof address->bytes) family = -EINVAL;
    if (family > 0) {
        memset(address, 0, sizeof *address);
        memcpy(address->bytes, found->ai_addr, found->ai_addrlen);
        address->length = found->ai_addrlen;
    }
    freeaddrinfo(found);
    return family;
}

int rc_address_is_same(const struct rc_address *left, const struct rc_address *right)
{
    if (left->length != right->length) return 0;
    if (left->length == sizeof(struct sockaddr_in)) {
        struct sockaddr_in a, b;
        memcpy(&a, left->bytes, sizeof a);
        memcpy(&b, right->bytes, sizeof b);
        return a.sin_family == b.sin_family && a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
    }
    struct sockaddr_in6 a, b;
    memcpy(&a, left->bytes, sizeof a);
    memcpy(&b, right->bytes, sizeof b);
    return a.sin6_family == b.sin6_family && a.sin6_port == b.sin6_port &&
           memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
}

int rc_datagram_open(const struct rc_address *local)
{
    const struct sockaddr *address = (const struct sockaddr *)(const void *)local->bytes;
    int descriptor = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    int on = 1, priority = 6;
    int level = address->sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int free_bind = address->sa_family == AF_INET6 ? IPV6_FREEBIND : IP_FREEBIND;
    // The service may start before the network: an address that is not there yet is no error.
    if (setsockopt(descriptor, level, free_bind, &on, sizeof on) < 0 ||
        // 6 (TC_PRIO_INTERACTIVE): ahead of the checkpoints, which fill the same link's queue.
        setsockopt(descriptor, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) < 0 ||
        bind(descriptor, address, local->length) < 0)
        return closing(descriptor, -errno);
    return descriptor;
}

int rc_datagram_send(int socket, const struct rc_address *to, const void *bytes, size_t length)
{
    const struct sockaddr *address = (const struct sockaddr *)(const void *)to->bytes;
    ssize_t sent;
    do {
        sent = sendto(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, address, to->length);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

int rc_datagram_receive(int socket, struct rc_address *from, void *bytes, size_t length)
{
    socklen_t size = sizeof from->bytes;
    ssize_t received;
    memset(from, 0, sizeof *from);
    do {
        received = recvfrom(socket, bytes, length, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)(void *)from->bytes,
                            &size);
    } while (received < 0 && errno == EINTR);
    from->length = size;
    return negative_errno(received);
}

static int local_socket(const char *path, struct sockaddr_un *address, int flags)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return negative_errno(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
}

int rc_local_listen(const char *path)
{
    struct sockaddr_un address;
    int other = rc_local_connect(path);
    if (other >= 0) return closing(other, -EADDRINUSE);
    if (other == -ECONNREFUSED && unlink(path) < 0) return -errno;
    int descriptor = local_socket(path, &address, SOCK_NONBLOCK);
    if (descriptor < 0) return descriptor;
    // The mode is set before the name exists, so that nobody else can connect in between.
    if (fchmod(descriptor, S_IRUSR | S_IWUSR) < 0 ||
        bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 || listen(descriptor, 4) < 0)
        return closing(descriptor, -errno);
    return descriptor;
}

int rc_local_connect(const char *path)
{
    struct sockaddr_un address;
    int descriptor = local_socket(path, &address, SOCK_NONBLOCK);
    if (descriptor < 0) return descriptor;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) return closing(descriptor, -errno);
    return descriptor;
}

int rc_local_send(int socket, const void *bytes, size_t length)
{
    ssize_t sent;
    do {
        sent = send(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

int rc_local_receive(int socket, void *bytes, size_t length)
{
    ssize_t received;
    do {
        received = recv(socket, bytes, length, MSG_DONTWAIT | MSG_TRUNC);
    } while (received < 0 && errno == EINTR);
    return negative_errno(received);
}

int rc_set_send_buffer(int socket, int bytes)
{
    return negative_errno(setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes));
}

int rc_poll_until(struct pollfd *descriptors, size_t count, uint64_t deadline)
{
    while (1) {
        uint64_t now = rc_monotonic_nanoseconds();
        uint64_t left = deadline > now ? deadline - now : 0;
        struct timespec wait = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
        int ready = ppoll(descriptors, count, &wait, NULL);
        if (ready >= 0 || errno != EINTR) return negative_errno(ready);
    }
}

int rc_random(void *bytes, size_t length)
{
    ssize_t got;
    do {
        got = getrandom(bytes, length, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    return (size_t)got == length ? 0 : -EIO;
}
