#define _GNU_SOURCE
#include "cload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CLOAD_READABLE == EPOLLIN, "layout of epoll flags");
_Static_assert(CLOAD_WRITABLE == EPOLLOUT, "layout of epoll flags");
_Static_assert(CLOAD_ERROR == EPOLLERR, "layout of epoll flags");
_Static_assert(CLOAD_HANGUP == EPOLLHUP, "layout of epoll flags");

int cload_errno(void) { return errno; }

int64_t cload_monotonic_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int cload_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int cload_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

int cload_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, data);
}

int cload_epoll_wait(int epoll, cload_event *events, int capacity, int64_t timeout_ns) {
    enum { MOST = 256 };
    struct epoll_event ready[MOST];
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    int count = epoll_pwait2(epoll, ready, capacity < MOST ? capacity : MOST, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].data = ready[i].data.u64;
    }
    return count;
}

static int loopback_address(const char *address, uint16_t port, struct sockaddr_storage *storage, socklen_t *length) {
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    errno = EACCES;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *length = sizeof *v4;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127 ? 0 : -1;
    }
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *length = sizeof *v6;
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ? 0 : -1;
    }
    return -1;
}

int cload_connect_loopback(const char *address, uint16_t port) {
    return cload_connect_loopback_from(NULL, address, port);
}

int cload_connect_loopback_from(const char *source, const char *address, uint16_t port) {
    struct sockaddr_storage storage, from;
    socklen_t length, from_length = 0;
    if (loopback_address(address, port, &storage, &length) != 0) return -1;
    if (source && loopback_address(source, 0, &from, &from_length) != 0) return -1;
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The port is chosen at connect, so that one source may use a port once for each destination and not once at all.
    if (source) setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    int failed = source && bind(fd, (struct sockaddr *)&from, from_length) != 0;
    if (failed || (connect(fd, (struct sockaddr *)&storage, length) != 0 && errno != EINPROGRESS)) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int cload_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : -1;
}

ssize_t cload_send(int fd, const void *bytes, size_t count) { return send(fd, bytes, count, MSG_NOSIGNAL); }

ssize_t cload_receive(int fd, void *bytes, size_t count) { return recv(fd, bytes, count, 0); }

int64_t cload_user_cpu_us(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
}

int64_t cload_system_cpu_us(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
}

int64_t cload_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : -1;
}

int cload_interrupts(void) {
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int cload_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

pid_t cload_spawn(const char *words, size_t count, int output, const char *error) {
    enum { MOST = 32 };
    const char *argv[MOST];
    int used = 0;
    for (size_t at = 0; at < count; at += strlen(words + at) + 1) {
        if (used == MOST - 1) {
            errno = E2BIG;
            return -1;
        }
        argv[used++] = words + at;
    }
    argv[used] = NULL;
    int log = open(error, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) {
        close(log);
        return child;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    // A Ctrl-C at the terminal must reach us alone: the child is stopped by us, once.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(125);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0) dup2(null, 0);
    dup2(output, 1);
    dup2(log, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

int cload_wait(pid_t child, int timeout_ms) {
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    if (handle >= 0) {
        struct pollfd watched = {.fd = handle, .events = POLLIN};
        poll(&watched, 1, timeout_ms);
        close(handle);
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}
