"""Requests over a few connections, as fast as they are answered or at a rate, every answer timed."""

import json
import selectors
import socket
import time

from rig import Failure

WINDOW = 32  # requests that one connection has under way at full speed


class Connection:
    """A socket with the requests that have no answer yet, by the time at which each was due."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.due = b"", []

    def send(self, requests, due=None):
        self.due += [due or time.perf_counter()] * len(requests)
        self.socket.sendall(b"".join(requests))

    def receive(self):
        """The bodies that have come whole, each with its status line and fields."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Failure("the server closed a connection")
        self.data += piece
        answers = []
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            length = self.data.index(b"Content-Length: ") + 16
            end += 4 + int(self.data[length:self.data.index(b"\r", length)])
            if len(self.data) < end:
                break
            answers.append(self.data[:end])
            self.data = self.data[end:]
        return answers


class Sender:
    """Sends requests over some connections and times every answer."""

    def __init__(self, port, connections):
        self.selector, self.idle, self.times = selectors.DefaultSelector(), [], []
        for _ in range(connections):
            connection = Connection(port)
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
            self.idle.append(connection)

    def receive(self, timeout):
        answers = []
        for key, _ in self.selector.select(timeout):
            connection, now = key.data, time.perf_counter()
            for answer in connection.receive():
                self.times.append(now - connection.due.pop(0))
                if not answer.startswith(b"HTTP/1.1 20"):
                    raise Failure(f"a request was refused: {answer!r}")
                answers.append(answer)
            if not connection.due:
                self.idle.append(connection)
        return answers

    def flood(self, requests):
        """Sends all as fast as they are answered, and returns the answers."""
        sent, answers = 0, []
        while len(answers) < len(requests):
            while self.idle and sent < len(requests):
                self.idle.pop().send(requests[sent:sent + WINDOW])
                sent += WINDOW
            answers += self.receive(1)
        return answers

    def pace(self, requests, rate):
        """Sends them at a rate, whether or not answers come: one that is late counts from when it was due."""
        start, sent, answered = time.perf_counter(), 0, 0
        while answered < len(requests):
            due = start + sent / rate
            while sent < len(requests) and self.idle and due <= time.perf_counter():
                self.idle.pop(0).send([requests[sent]], due)
                sent += 1
                due = start + sent / rate
            wait = 0.1 if sent == len(requests) else max(0, due - time.perf_counter())
            answered += len(self.receive(wait))

    def percentile(self, share):
        return sorted(self.times)[int(share * (len(self.times) - 1))] * 1000


def request(path, body, token=None):
    text = json.dumps(body)
    login = f"Authorization: {token}\r\n" if token else ""
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\n{login}Content-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\n\r\n{text}").encode()


def purchase(item, user):
    return request(f"/v1/items/{item}/purchases", {"user": user})
