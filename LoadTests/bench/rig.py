"""Processes of a run: started pinned to a core, measured through /proc, ended in reverse order.

One rig for `make bench`, `make capacity-check`, `make soak` and scripts/measure-costs.py.
"""

import ctypes
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PLACE = os.environ.get("TMPDIR", "/var/tmp")  # on a disk, which /tmp needn't be: an fsync must cost what it costs
TICK = 1e9 / os.sysconf("SC_CLK_TCK")  # nanoseconds
_libc = ctypes.CDLL(None)


class Failure(Exception):
    """A run that can't go on, with what to tell the user."""


class Void(Exception):
    """A measurement whose figures can't be trusted, with the reason."""


def _end_with_parent():
    _libc.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: nothing is left behind when the runner is killed


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resident(pid, kind="VmRSS"):
    """Bytes of a process in RAM; with `RssAnon` those that are no file's."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024
    return 0


class Process:
    """One started program and the processes it started itself; `core` None leaves the core to the kernel."""

    def __init__(self, name, command, core, folder, environment):
        self.name = name
        self.log = folder / f"{name}.log"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SLUICE_")}
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [*pinned, *map(str, command)], stdout=subprocess.PIPE, stderr=log,
                stdin=subprocess.DEVNULL, env={**inherited, **environment}, start_new_session=True,
                preexec_fn=_end_with_parent)

    def wait_ready(self, seconds=10):
        """Waits for the line `ready …` on its standard output."""
        text, end = b"", time.monotonic() + seconds
        while not any(line.startswith(b"ready") for line in text.splitlines()):
            readable, _, _ = select.select([self.child.stdout], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.child.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                raise Failure(f"{self.name} does not serve; its log ends with:\n{self.tail()}")
            text += chunk

    def tail(self):
        return self.log.read_text(errors="replace")[-1500:]

    def family(self):
        """Its process id and those of its children."""
        pid = self.child.pid
        try:
            return [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        except OSError:
            return [pid]

    def stop(self, seconds=10):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child.stdout.close()


class CPU:
    """Processor time of processes so far, in nanoseconds: all of it by the scheduler's clock, and its user part."""

    def __init__(self, processes):
        self.total = self.user = 0
        for pid in (pid for process in processes for pid in process.family()):
            folder = pathlib.Path(f"/proc/{pid}")
            try:
                for thread in (folder / "task").iterdir():
                    self.total += int((thread / "schedstat").read_text().split()[0])
                self.user += int((folder / "stat").read_text().rsplit(")", 1)[1].split()[11]) * TICK
            except OSError:
                continue  # it has ended meanwhile


def core_busy(core):
    """Nanoseconds that a core has worked for anybody, a hypervisor that took it away included."""
    for line in open("/proc/stat"):
        if line.startswith(f"cpu{core} "):
            user, nice, system, _, _, interrupts, soft, steal = map(int, line.split()[1:9])
            return (user + nice + system + interrupts + soft + steal) * TICK
    raise Failure(f"there is no core {core}: choose others with --server-core and --load-core")


class Rig:
    """What a run has started. `folder` is on a disk and goes away with it. Use it in `with`, or call `close`."""

    def __init__(self, server_core=None, name="bench"):
        self.server_core = server_core
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{name}-", dir=PLACE))
        self.processes = []
        self.count = 0

    def start(self, name, command, **environment):
        """Starts a server on the servers' core."""
        process = Process(name, command, self.server_core, self.folder, environment)
        self.processes.append(process)
        return process

    def stop(self, *processes):
        for process in processes:
            process.stop()
            self.processes.remove(process)

    def place(self, name):
        """A fresh folder."""
        self.count += 1
        path = self.folder / f"{name}-{self.count}"
        path.mkdir(mode=0o700)
        return path

    def close(self):
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
