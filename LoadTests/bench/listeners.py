"""Thousands of listeners, held by LoadTests/listen, and what they noted."""

import json
import os
import pathlib
import re
import select
import subprocess
import time

from rig import Failure

SOURCES = sorted((pathlib.Path(__file__).resolve().parent.parent / "listen").glob("*.c"))


def program(rig):
    """The program, compiled for this run."""
    path = rig.folder / "listen"
    if not path.exists():
        subprocess.run(["cc", "-O2", "-o", path, *SOURCES], check=True)
    return path


class Listeners:
    """One process of them. Use it in `with`; `finish` ends it and reads what it noted."""

    def __init__(self, bench, port, paths, seconds=120, **flags):
        folder = bench.rig.place("listen")
        self.count, self.output = len(paths), folder / "noted"
        (folder / "paths").write_text("".join(f"{path}\n" for path in paths))
        words = [word for name, value in flags.items() for word in (f"--{name}", value)]
        command = ["taskset", "-c", bench.options.load_core, program(bench.rig), "--port", port, "--paths",
                   folder / "paths", "--output", self.output, "--seconds", seconds, *words]
        self.child = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.text = b""

    def _wait(self, pattern, seconds):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            readable, _, _ = select.select([self.child.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.child.stdout.fileno(), 4096) if readable else b""
            if not piece:
                return None
            self.text += piece
        return found

    def wait_ready(self, seconds=60):
        """Waits until all listen; how many milliseconds that took."""
        found = self._wait(rb"ready (\d+) ms\n", seconds)
        if not found:
            raise Failure(f"not all of {self.count} listeners were let in: {self.text.decode()}")
        return int(found.group(1))

    def wait_told(self, seconds=60):
        """Waits until all were told, or until time is over: `finish` says how many were."""
        self._wait(rb"told\n", seconds)

    def finish(self):
        """Ends it. Its figures, with `begin`, `answered_at` and `told_at` of each listener (ns), the notifications as
        pairs of time and bytes, and `back`: when each connection was cut and when it was open again."""
        text, _ = self.child.communicate(b"end\n" if self.child.poll() is None else None, timeout=30)
        figures = json.loads((self.text + text).decode().splitlines()[-1])
        rows, notified, back = [], [], []
        for line in self.output.read_text().splitlines():
            kind, *words = line.split()
            if kind == "c":
                rows.append(tuple(map(int, words)))
            elif kind == "n":
                notified.append((int(words[0]), bytes.fromhex(words[1])))
            else:
                back.append(tuple(map(int, words)))
        _, figures["begin"], figures["answered_at"], figures["told_at"] = zip(*rows)
        return {**figures, "notified": notified, "back": back}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.wait(10)
        for stream in (self.child.stdin, self.child.stdout):
            stream.close()


class Notification:
    """What the store announced of an item: `K item incarnation version news head tail … sold ended_at ended redo`."""

    def __init__(self, time, text):
        self.time = time
        line, packed = text.split(b"\n", 1)
        fields = line.split()
        self.item, self.ended_at = fields[1].decode(), int(fields[12])
        self.runs = [(int.from_bytes(packed[at:at + 4], "big"), int.from_bytes(packed[at + 4:at + 8], "big"),
                      packed[at + 8]) for at in range(0, len(packed) - 8, 9)]


def decided_at(notified):
    """By sequence, when the store last announced something of it; and when it announced the end, and up to where."""
    times, end, ended = {}, None, 0
    for time, text in notified:
        notification = Notification(time, text)
        for first, count, _ in notification.runs:
            for sequence in range(first, first + count):
                times[sequence] = time
        if notification.ended_at > ended:
            end, ended = time, notification.ended_at
    return times, end, ended


def quantile(values, share):
    """Of what is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
