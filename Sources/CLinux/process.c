#define _GNU_SOURCE
#include "clinux.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t spawn(const char *const argv[], const char *const envp[], int output, int error, int death_signal,
                   int own_group) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) return child;
    // From here to exec only async-signal-safe calls: other threads' locks may be held for ever in this copy.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (death_signal > 0) {
        prctl(PR_SET_PDEATHSIG, death_signal);
        if (getppid() != parent) _exit(125);
    }
    if (own_group) setpgid(0, 0);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0) dup2(null, 0);
    if (output >= 0) dup2(output, 1);
    if (error >= 0) dup2(error, 2);
    if (envp) {
        execvpe(argv[0], (char *const *)argv, (char *const *)envp);
    } else {
        execvp(argv[0], (char *const *)argv);
    }
    _exit(127);
}

pid_t clinux_spawn(const char *const argv[], const char *const envp[], int output, int error, int death_signal) {
    return spawn(argv, envp, output, error, death_signal, 0);
}

pid_t clinux_spawn_apart(const char *const argv[], const char *const envp[], int output, int error,
                         int death_signal) {
    return spawn(argv, envp, output, error, death_signal, 1);
}

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_exit_status(pid_t pid, int *code, int *by_signal) {
    int status;
    pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended <= 0) return (int)ended;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *by_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 1;
}

pid_t clinux_ended_child(void) {
    siginfo_t info;
    info.si_pid = 0;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

int clinux_is_ignored(int signal) {
    struct sigaction current;
    return sigaction(signal, NULL, &current) == 0 && current.sa_handler == SIG_IGN;
}

int64_t clinux_raise_fd_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int64_t)limit.rlim_cur : -1;
}

int clinux_signalfd(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int clinux_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}
