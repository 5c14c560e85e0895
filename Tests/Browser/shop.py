"""The engine as its operator runs it, for stories: `sluice up` in a folder of its own, and the calls around a buyer."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from webdriver import Fault, eventually


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shop:
    def __init__(self, programs, folder, *flags):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.admin = f"http://127.0.0.1:{free_port()}"
        self.data = folder + "/data"
        self.log = open(folder + "/up.log", "w+", encoding="utf-8")
        command = [programs + "/sluice", "up", "--data", self.data, "--listen", self.url[7:], "--admin-listen",
                   self.admin[7:], "--loops", "1", *flags]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        eventually(self.is_ready, "sluice up is ready", within=30)
        with open(self.data + "/admin-token", encoding="utf-8") as file:
            self.token = file.read().strip()

    def is_ready(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise SystemExit("sluice up ended:\n" + self.log.read()[-4000:])
        with open(self.log.name, encoding="utf-8") as file:
            return re.search(r"^ready ", file.read(), re.MULTILINE)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def call(self, method, url, body=None, headers=()):
        data = None if body is None else json.dumps(body).encode()
        fields = {"Content-Type": "application/json", **dict(headers)}
        request = urllib.request.Request(url, data, fields, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                text = reply.read()
        except urllib.error.HTTPError as refusal:
            raise Fault(f"{method} {url}: {refusal.code} {refusal.read().decode()}") from None
        return json.loads(text) if text else {}

    def operate(self, method, path, body=None):
        return self.call(method, self.admin + "/admin/v1" + path, body, {"Authorization": "Bearer " + self.token})

    def put(self, item, stock, **fields):
        self.operate("PUT", f"/items/{item}", {"stock": stock, "queue_limit": 100, **fields})

    def act(self, item, verb):
        self.operate("POST", f"/items/{item}/{verb}", {})

    def opening_in(self, seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))

    def item(self, name):
        return self.call("GET", f"{self.url}/v1/items/{name}")

    def buy(self, item, user):
        return self.call("POST", f"{self.url}/v1/items/{item}/purchases", {"user": user})["ticket"]

    def ticket(self, ticket):
        return self.call("GET", f"{self.url}/v1/tickets/{ticket}")

    def until(self, ticket, state):
        eventually(lambda: self.ticket(ticket)["state"] == state, f"the ticket is {state}")

    def leave(self, ticket):
        self.call("DELETE", f"{self.url}/v1/tickets/{ticket}")

    def pay(self, ticket):
        self.operate("POST", f"/tickets/{ticket}/payment", {"outcome": "paid", "reference": "p-" + ticket[-12:]})

    def kill_queue(self):
        """Kills the queue process, as a machine would: another one takes its place."""
        with open(self.data + "/nodes.json", encoding="utf-8") as file:
            nodes = json.load(file)
        os.kill(next(node["pid"] for node in nodes if node["name"].startswith("queue")), signal.SIGKILL)
