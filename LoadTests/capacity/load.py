"""Puts a backlog into a queue: purchases by one user each, pipelined over many connections."""

import json
import selectors
import socket

from rig import Failure

CONNECTIONS = 64
AHEAD = 16  # requests sent and not answered, a connection


class _Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.output, self.input, self.open = b"", b"", 0

    def answers(self):
        """Whole answers that have come, as (status, body)."""
        while (end := self.input.find(b"\r\n\r\n")) >= 0:
            head = self.input[:end]
            start = head.find(b"Content-Length: ") + 16
            stop = head.find(b"\r\n", start)
            length = int(head[start:stop if stop >= 0 else end])
            if len(self.input) < end + 4 + length:
                return
            body = self.input[end + 4:end + 4 + length]
            self.input = self.input[end + 4 + length:]
            self.open -= 1
            yield int(head[9:12]), body


def fill(port, item, count, ticket_every=0):
    """Makes `count` purchases; every one must be accepted. `{sequence: ticket}` of every so many, none for 0."""
    tickets, answered, sent = {}, 0, 0
    selector = selectors.DefaultSelector()
    for _ in range(min(CONNECTIONS, count)):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
    try:
        while answered < count:
            for key, events in selector.select(10):
                connection = key.data
                if events & selectors.EVENT_READ:
                    piece = connection.socket.recv(1 << 18)
                    if not piece:
                        raise Failure("the front door closed a connection")
                    connection.input += piece
                    for status, body in connection.answers():
                        if status != 202:
                            raise Failure(f"a purchase was answered {status}: {body[:200]}")
                        answered += 1
                        if ticket_every:
                            parsed = json.loads(body)
                            if parsed["sequence"] % ticket_every == 0:
                                tickets[parsed["sequence"]] = parsed["ticket"]
                while connection.open < AHEAD and sent < count:
                    body = b'{"user":"b%09d"}' % sent
                    connection.output += (b"POST /v1/items/%s/purchases HTTP/1.1\r\nHost: a\r\n"
                                          b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                                          % (item.encode(), len(body), body))
                    connection.open += 1
                    sent += 1
                if connection.output:
                    connection.output = connection.output[connection.socket.send(connection.output):]
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.output else 0)
                if key.events != wanted:
                    selector.modify(connection.socket, wanted, connection)
    finally:
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        selector.close()
    return tickets
