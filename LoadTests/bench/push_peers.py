"""What Debian has to push events with: nchan in nginx, and pushpin. One channel that all listen to."""

import http.client
import json
import subprocess

from rig import free_port, resident
from servers import HERE, wait_http

MESSAGE = b'{"state":"sold_out","final":true,"filler":"' + b"x" * 356 + b'"}'  # 400 bytes, as one of our events


def fill(template, target, **values):
    """A file beside this one, with its @NAMES@ filled in."""
    text = (HERE / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    target.write_text(text)


def start_nginx(rig, name, folder):
    return rig.start(name, ["nginx", "-e", "stderr", "-p", f"{folder}/", "-c", "nginx.conf"])


def private(processes):
    """Bytes in RAM of processes and their children that are no file's."""
    return sum(resident(pid, kind) for process in processes for pid in process.family()
               for kind in ("RssAnon", "RssShmem"))


def user():
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


class Nchan:
    """nginx with nchan, one worker. Use it in `with`."""

    streams = 15_000
    rate = 4_000  # streams that are opened a second

    def __init__(self, rig):
        self.rig, self.port, folder = rig, free_port(), rig.place("nchan")
        fill("nchan.conf.in", folder / "nginx.conf", listen=f"127.0.0.1:{self.port}", user=user())
        self.process = start_nginx(rig, "nchan", folder)
        self.processes = [self.process]
        wait_http(self.process, self.port, "/alive")
        self.path = "/listen"

    def publish(self):
        post(self.port, "/publish", MESSAGE)

    def memory(self):
        return private(self.processes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rig.stop(self.process)


class Pushpin:
    """pushpin with its connection manager, proxy and handler, and zurl, which asks the origin. Use it in `with`."""

    streams = 5_000  # of 15,000 it left out four or five here
    rate = 300  # streams that are opened a second; 15,000 at 500 a second had answers 500 and 502 among them

    def __init__(self, rig):
        self.rig, folder = rig, rig.place("pushpin")
        self.port, self.publish_port, origin = free_port(), free_port(), free_port()
        fill("origin.conf.in", folder / "nginx.conf", user=user(), origin=origin)
        fill("zurl.conf.in", folder / "zurl.conf", folder=folder)
        fill("pushpin.conf.in", folder / "pushpin.conf", folder=folder, listen=self.port, publish=self.publish_port,
             streams=self.streams + 1_000)
        (folder / "routes").write_text(f"* 127.0.0.1:{origin}\n")
        self.origin = start_nginx(rig, "origin", folder)
        self.processes = [
            rig.start("zurl", ["zurl", f"--config={folder}/zurl.conf", "--loglevel=1"]),
            rig.start("pushpin", ["pushpin", f"--config={folder}/pushpin.conf", "--loglevel=1"])]
        wait_http(self.origin, origin, "/alive")
        wait_http(self.processes[1], self.port, "/alive")  # through all of them
        self.path = "/listen"

    def publish(self):
        content = f"data: {MESSAGE.decode()}\n\n"
        item = {"channel": "all", "formats": {"http-stream": {"content": content}}}
        post(self.publish_port, "/publish/", json.dumps({"items": [item]}))

    def memory(self):
        return private(self.processes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rig.stop(*reversed(self.processes), self.origin)


def post(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in (200, 201, 202), f"{path} answered {answer.status}"
