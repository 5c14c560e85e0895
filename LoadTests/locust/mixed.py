"""Locust: what a sale looks like from outside, 1 purchase to 10 polls to 5 reads of the item.

    pip install locust
    ITEM=demo locust -f LoadTests/locust/mixed.py --headless -u 50 -r 50 -t 10s --host http://127.0.0.1:8080

ITEM is the item's name, `demo` when not given. Users don't wait between requests: set `wait_time` to rehearse a real
crowd. `410 sold-out` and `503 queue-full` are answers, not failures. One Locust process makes a few thousand requests a
second: it is what limits such a run, not the server.
"""

import os
import random
import secrets

from locust import FastHttpUser, constant, task

ITEM = os.environ.get("ITEM", "demo")
REMEMBERED = 100  # tickets a Locust user asks for


class Buyer(FastHttpUser):
    """Buys under a new name each time and asks for the tickets of its last purchases."""

    wait_time = constant(0)

    def on_start(self):
        self.tickets = []

    @task(1)
    def purchase(self):
        body = {"user": secrets.token_hex(8), "quantity": 1}
        with self.client.post(f"/v1/items/{ITEM}/purchases", json=body, name="purchase", catch_response=True) as answer:
            if answer.status_code == 202:
                self.tickets = [*self.tickets[1 - REMEMBERED:], answer.headers["Location"]]
                answer.success()
            elif answer.status_code in (410, 503):
                answer.success()
            else:
                answer.failure(f"{answer.status_code}")

    @task(10)
    def poll(self):
        if self.tickets:
            self.client.get(random.choice(self.tickets), name="poll")
        else:
            self.view()

    @task(5)
    def view(self):
        self.client.get(f"/v1/items/{ITEM}", name="item")
