#define _GNU_SOURCE
#include "clinux.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CLINUX_READABLE == EPOLLIN, "layout of epoll flags");
_Static_assert(CLINUX_WRITABLE == EPOLLOUT, "layout of epoll flags");
_Static_assert(CLINUX_ERROR == EPOLLERR, "layout of epoll flags");
_Static_assert(CLINUX_HANGUP == EPOLLHUP, "layout of epoll flags");
_Static_assert(CLINUX_PEER_CLOSED == EPOLLRDHUP, "layout of epoll flags");

int clinux_errno(void) { return errno; }

char **clinux_environment(void) { return environ; }

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}

int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int64_t timeout_ns) {
    enum { MOST = 256 };
    struct epoll_event ready[MOST];
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    if (capacity > MOST) capacity = MOST;
    int count = epoll_pwait2(epoll, ready, capacity, timeout_ns < 0 ? NULL : &timeout, NULL);
    // A kernel before 5.11, a sandbox or an emulator: whole milliseconds, at most a day, so that no timer runs early.
    int64_t timeout_ms = timeout_ns > 86400000000000 ? 86400000 : (timeout_ns + 999999) / 1000000;
    if (count < 0 && errno == ENOSYS) count = epoll_wait(epoll, ready, capacity, timeout_ns < 0 ? -1 : (int)timeout_ms);
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].data = ready[i].data.u64;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_eventfd_clear(int fd) {
    eventfd_t value;
    return eventfd_read(fd, &value);
}

int clinux_eventfd_signal(int fd) { return eventfd_write(fd, 1); }

int clinux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

static int tcp_address(const char *address, uint16_t port, struct sockaddr_storage *storage, socklen_t *length) {
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *length = sizeof *v4;
        return 0;
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *length = sizeof *v6;
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static int close_keeping_errno(int fd) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int clinux_listen_tcp(const char *address, uint16_t port, int backlog, int reuse_port) {
    struct sockaddr_storage storage;
    socklen_t length;
    if (tcp_address(address, port, &storage, &length) != 0) return -1;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return close_keeping_errno(fd);
    if (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return close_keeping_errno(fd);
    if (bind(fd, (struct sockaddr *)&storage, length) != 0) return close_keeping_errno(fd);
    if (listen(fd, backlog) != 0) return close_keeping_errno(fd);
    return fd;
}

int clinux_connect_tcp(const char *address, uint16_t port) {
    struct sockaddr_storage storage;
    socklen_t length;
    if (tcp_address(address, port, &storage, &length) != 0) return -1;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    clinux_set_nodelay(fd);
    if (connect(fd, (struct sockaddr *)&storage, length) != 0 && errno != EINPROGRESS) return close_keeping_errno(fd);
    return fd;
}

int clinux_connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
        return close_keeping_errno(fd);
    }
    return fd;
}

int clinux_reserve_tcp(const char *address, uint16_t port) {
    struct sockaddr_storage storage;
    socklen_t length;
    if (tcp_address(address, port, &storage, &length) != 0) return -1;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return close_keeping_errno(fd);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) return close_keeping_errno(fd);
    if (bind(fd, (struct sockaddr *)&storage, length) != 0) return close_keeping_errno(fd);
    return fd;
}

int clinux_bound_port(int fd) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &length) != 0) return -1;
    if (storage.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&storage)->sin_port);
    if (storage.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&storage)->sin6_port);
    return -1;
}

int clinux_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : -1;
}

int clinux_resolve(const char *host, char *numeric, int capacity) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return -1;
    int result = getnameinfo(found->ai_addr, found->ai_addrlen, numeric, (socklen_t)capacity, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return result == 0 ? 0 : -1;
}

int clinux_set_nodelay(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int clinux_shutdown_write(int fd) { return shutdown(fd, SHUT_WR); }

ssize_t clinux_send(int fd, const void *bytes, size_t count) { return send(fd, bytes, count, MSG_NOSIGNAL); }

ssize_t clinux_receive(int fd, void *bytes, size_t count) { return recv(fd, bytes, count, 0); }

ssize_t clinux_peek(int fd) {
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

int clinux_set_send_buffer(int fd, int bytes) { return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); }

int clinux_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

int clinux_random(void *bytes, size_t count) { return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1; }

int clinux_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB); }

int clinux_own(int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &whole);
}

pid_t clinux_owner(int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_GETLK, &whole) != 0) return -1;
    return whole.l_type == F_UNLCK ? 0 : whole.l_pid;
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t clinux_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

int64_t clinux_wall_ns(void) { return clock_ns(CLOCK_REALTIME); }

int64_t clinux_process_cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }
