// Linux calls that Swift's Glibc module does not export, or exports in a shape Swift 6 refuses.
// No state and no policy live here: every function is one system call, or one fork and exec.
#ifndef SLUICE_CLINUX_H
#define SLUICE_CLINUX_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

// The kernel packs epoll_event on x86-64 only; the shim copies between the kernel's layout and this one.
typedef struct {
    uint32_t events;
    uint64_t data;
} clinux_event;

enum {
    CLINUX_READABLE = 0x001,
    CLINUX_WRITABLE = 0x004,
    CLINUX_ERROR = 0x008,
    CLINUX_HANGUP = 0x010,
    CLINUX_PEER_CLOSED = 0x2000,
};

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_remove(int epoll, int fd);
// Returns how many events were written to `events`, or -1 with errno set. `timeout_ns` < 0 waits for ever.
int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int64_t timeout_ns);

int clinux_eventfd(void);
// Reads and clears an eventfd; 0 on success.
int clinux_eventfd_clear(int fd);
int clinux_eventfd_signal(int fd);

// A non-blocking, close-on-exec accept. Returns the descriptor or -1 with errno set.
int clinux_accept(int listener);
// Sockets: non-blocking, close-on-exec. Return the descriptor or -1 with errno set.
// `address` is a numeric IPv4 or IPv6 address; `port` 0 lets the kernel choose.
int clinux_listen_tcp(const char *address, uint16_t port, int backlog, int reuse_port);
// Binds with SO_REUSEPORT but does not listen: keeps the port for this user's listeners that come and go.
int clinux_reserve_tcp(const char *address, uint16_t port);
int clinux_connect_tcp(const char *address, uint16_t port);
int clinux_connect_unix(const char *path);
// The port a listening or connected socket is bound to, or -1.
int clinux_bound_port(int fd);
// Who is at the other end of a socket: the numeric address, and the network that counts as one visitor (the address
// itself, of IPv6 its /64), each in at most `capacity` bytes. Returns the port, or -1.
int clinux_peer(int fd, char *address, char *network, int capacity);
// The error a non-blocking connect ended with (0 = connected), or -1.
int clinux_socket_error(int fd);
// The first numeric address of a host name (blocking: start-up and reconnect only). 0 on success.
int clinux_resolve(const char *host, char *numeric, int capacity);
int clinux_set_nodelay(int fd);
int clinux_shutdown_write(int fd);
// send() that never raises SIGPIPE.
ssize_t clinux_send(int fd, const void *bytes, size_t count);
ssize_t clinux_receive(int fd, void *bytes, size_t count);
// What a non-blocking read of one byte would return; the byte stays.
ssize_t clinux_peek(int fd);
// Bounds what the kernel keeps of output that the other end has not taken. 0 on success.
int clinux_set_send_buffer(int fd, int bytes);

// Starts a program: fork, parent-death signal, exec. `argv` and `envp` end with NULL (`envp` NULL inherits).
// `output` and `error` become the child's stdout and stderr where >= 0; stdin is /dev/null. The child dies with
// `death_signal` when the calling thread ends. Returns the process id, or -1 with errno set.
pid_t clinux_spawn(const char *const argv[], const char *const envp[], int output, int error, int death_signal);
// The same in a process group of its own: Ctrl-C on the terminal reaches the caller alone.
pid_t clinux_spawn_apart(const char *const argv[], const char *const envp[], int output, int error,
                         int death_signal);
// A close-on-exec pipe; 0 on success.
int clinux_pipe(int *read_end, int *write_end);
// Fills at most 256 bytes from the kernel's generator; 0 on success.
int clinux_random(void *bytes, size_t count);
// A close-on-exec descriptor that becomes readable when process `pid` has ended, or -1 with errno set.
int clinux_pidfd_open(pid_t pid);
// Collects an ended child: 1 and its exit code, or the signal that ended it; 0 while it runs; -1 when it is no child.
int clinux_exit_status(pid_t pid, int *code, int *by_signal);

// A child that has ended and was not collected, or 0. It stays as it is: whose child it is decides who collects it.
pid_t clinux_ended_child(void);

// The descriptor limits of this process; raise_fd_limit lifts the soft limit to the hard one and returns it.
int64_t clinux_raise_fd_limit(void);
// Blocks `count` signals in the calling thread (threads started later inherit it) and returns a signalfd for them.
int clinux_signalfd(const int *signals, int count);
// 1 when the signal is ignored, as `nohup` arranges for SIGHUP.
int clinux_is_ignored(int signal);
// The number of one pending signal, or 0 when none is.
int clinux_signalfd_read(int fd);
// The size of the terminal behind a descriptor, in characters; 0 on success, -1 where it is no terminal.
int clinux_terminal_size(int fd, int *columns, int *rows);
// A pseudo-terminal: the person's end, which never blocks, and the program's. 0 on success.
int clinux_terminal_pair(int *person, int *program);
// Exclusive advisory lock on an open file; 0 when taken, -1 with EWOULDBLOCK when another process holds it.
int clinux_lock(int fd);
// Record lock over the whole file, held by this process alone: children do not inherit it, any close of the file in
// this process drops it. 0 when taken.
int clinux_own(int fd);
// The process that holds such a lock, 0 when none does, -1 with errno set.
pid_t clinux_owner(int fd);
// Monotonic and wall clock in nanoseconds.
int64_t clinux_monotonic_ns(void);
int64_t clinux_wall_ns(void);
// CPU time used by the calling process so far, in nanoseconds.
int64_t clinux_process_cpu_ns(void);
int clinux_errno(void);
// The environment as the process has it: NAME=value strings, ended by NULL.
char **clinux_environment(void);

#endif
