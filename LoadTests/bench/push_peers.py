"""What Debian has to push events with: nchan in nginx. One channel that all listen to."""

import http.client
import subprocess

from rig import free_port, resident
from servers import HERE, wait_http

MESSAGE = b'{"state":"sold_out","final":true,"filler":"' + b"x" * 356 + b'"}'  # 400 bytes, as one of our events


def user():
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


class Nchan:
    """nginx with nchan, one worker. Use it in `with`."""

    def __init__(self, rig):
        self.rig, self.port, folder = rig, free_port(), rig.place("nchan")
        text = (HERE / "nchan.conf.in").read_text()
        for name, value in (("@LISTEN@", f"127.0.0.1:{self.port}"), ("@USER@", user())):
            text = text.replace(name, value)
        (folder / "nginx.conf").write_text(text)
        self.process = rig.start("nchan", ["nginx", "-e", "stderr", "-p", f"{folder}/", "-c", "nginx.conf"])
        wait_http(self.process, self.port, "/alive")
        self.path = "/listen"

    def publish(self):
        post(self.port, "/publish", MESSAGE)

    def memory(self):
        return sum(resident(pid, kind) for pid in self.process.family() for kind in ("RssAnon", "RssShmem"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rig.stop(self.process)


def post(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status in (200, 201, 202), f"{path} answered {answer.status}"
