// The Linux calls of the load tests. The server has a shim of its own: a load test shares no code with what it loads.
// No state and no policy live here.
#ifndef SLUICE_CLOAD_H
#define SLUICE_CLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The kernel packs epoll_event on x86-64 only; the shim copies between the kernel's layout and this one.
typedef struct {
    uint32_t events;
    uint64_t data;
} cload_event;

enum {
    CLOAD_READABLE = 0x001,
    CLOAD_WRITABLE = 0x004,
    CLOAD_ERROR = 0x008,
    CLOAD_HANGUP = 0x010,
};

int cload_errno(void);
int64_t cload_monotonic_ns(void);

int cload_epoll_create(void);
int cload_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int cload_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
// Returns how many events were written, or -1 with errno set. Waits at most `timeout_ns`, which is not negative.
int cload_epoll_wait(int epoll, cload_event *events, int capacity, int64_t timeout_ns);

// Begins a non-blocking connect to a numeric IPv4 or IPv6 address that is a loopback one; EACCES for every other.
int cload_connect_loopback(const char *address, uint16_t port);
// The same from a loopback address of the caller's choice; NULL leaves the choice to the kernel.
int cload_connect_loopback_from(const char *source, const char *address, uint16_t port);
// The error a non-blocking connect ended with (0 = connected), or -1.
int cload_socket_error(int fd);
// send() that never raises SIGPIPE.
ssize_t cload_send(int fd, const void *bytes, size_t count);
ssize_t cload_receive(int fd, void *bytes, size_t count);

// Microseconds of processor time this process has used so far, in its own code and in the kernel.
int64_t cload_user_cpu_us(void);
int64_t cload_system_cpu_us(void);

// Lifts the soft limit on descriptors to the hard one and returns it.
int64_t cload_raise_descriptor_limit(void);
// Ignores SIGPIPE, blocks SIGINT and SIGTERM, and returns a non-blocking descriptor that is readable when one came.
int cload_interrupts(void);

// A pipe whose two ends are not inherited; 0 on success.
int cload_pipe(int ends[2]);
// Starts a program in a process group of its own; it gets SIGTERM when we die. `words` holds at most 31 arguments, each
// ended by a zero byte. `output` becomes its stdout, `error` the path its stderr is appended to. The process id, or -1.
pid_t cload_spawn(const char *words, size_t count, int output, const char *error);
// Waits at most `timeout_ms` for a child: its exit code, 256 + the signal that ended it, or -1 when it still runs.
int cload_wait(pid_t child, int timeout_ms);

#endif
