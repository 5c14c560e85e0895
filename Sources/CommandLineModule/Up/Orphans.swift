import CLinux
import Glibc

// DESIGN
// As the first process of a container, or as a subreaper, `up` inherits the children of others that ended before them
// (a Redis that was killed while it rewrote its log). Only `up` can collect those; what is not collected stays as
// a zombie and takes a place in the table of processes.

/// Collects processes that ended and that this process has not started.
enum Orphans {
    /// After a SIGCHLD: ends of `own` children are for themselves to collect, all others are collected here.
    static func collect(own: some Collection<Child>) {
        while true {
            let pid = clinux_ended_child()
            guard pid > 0 else { return }
            if let child = own.first(where: { $0.pid == pid }) {
                child.collect()
            } else {
                waitpid(pid, nil, WNOHANG)
            }
        }
    }
}
