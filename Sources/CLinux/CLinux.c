#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int negative_errno(long result) { return result < 0 ? -errno : (int)result; }

int rc_pipe(int descriptors[2]) { return negative_errno(pipe2(descriptors, O_CLOEXEC)); }

int rc_eventfd(unsigned initial) { return negative_errno(eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK)); }

int rc_accept(int listener) { return negative_errno(accept4(listener, NULL, NULL, SOCK_CLOEXEC)); }

int rc_set_thread_name(const char *name) { return -pthread_setname_np(pthread_self(), name); }

int rc_set_realtime(int priority)
{
    struct sched_param parameters = {.sched_priority = priority};
    return negative_errno(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters));
}

int rc_lock_memory(void) { return negative_errno(mlockall(MCL_CURRENT | MCL_FUTURE)); }

static uint64_t nanoseconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t rc_monotonic_nanoseconds(void) { return nanoseconds_of(CLOCK_MONOTONIC); }

uint64_t rc_realtime_nanoseconds(void) { return nanoseconds_of(CLOCK_REALTIME); }

int rc_sleep_until(uint64_t deadline)
{
    struct timespec when = {.tv_sec = (time_t)(deadline / 1000000000u), .tv_nsec = (long)(deadline % 1000000000u)};
    int error;
    do {
        error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
    } while (error == EINTR);
    return -error;
}

int rc_peer_user(int socket, uint32_t *user)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    int result = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
    if (result == 0) *user = credentials.uid;
    return negative_errno(result);
}

int rc_anonymous_memory(size_t length, void **address)
{
    void *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return -errno;
    *address = mapping;
    return 0;
}
