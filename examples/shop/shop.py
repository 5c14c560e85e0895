#!/usr/bin/env python3
"""A small shop in front of Sluice: a page that buys, a page that pays, and webhooks in.

Read it from top to bottom: it is what a shop has to do, and no more. Only Python's own library is used.

  buyer's browser --signed session--> this shop --purchase--> Sluice, public listener
                                           |-----payment----> Sluice, admin listener
                                           '<----webhooks---- Sluice, leading scheduler
"""

import argparse
import base64
import hashlib
import hmac
import html
import json
import os
import secrets
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http import cookies
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_BODY = 65536  # bytes of a request
OLDEST_WEBHOOK = 300  # seconds; an older one may be a copy that somebody kept
IDS_REMEMBERED = 100000  # of webhooks, so that what comes twice counts once

# --- Sluice ----------------------------------------------------------------------------------------------------------

class Sluice:
    """The calls that a shop makes. All of them may be sent again: a purchase finds its ticket, a payment its answer."""

    def __init__(self, public_url, admin_url, admin_token):
        self.public_url, self.admin_url, self.admin_token = public_url, admin_url, admin_token

    def purchase(self, item, user):
        return self._call(self.public_url + f"/v1/items/{item}/purchases", {"user": user})

    def ticket(self, ticket):
        return self._call(self.public_url + f"/v1/tickets/{ticket}")

    def leave(self, ticket):
        return self._call(self.public_url + f"/v1/tickets/{ticket}", method="DELETE")

    def pay(self, ticket, outcome, reference):
        body = {"outcome": outcome, "reference": reference}
        return self._call(self.admin_url + f"/admin/v1/tickets/{ticket}/payment", body, token=self.admin_token)

    def put_webhook(self, name, url):
        return self._call(
            self.admin_url + f"/admin/v1/webhooks/{name}", {"url": url}, token=self.admin_token, method="PUT")

    def delete_webhook(self, name):
        return self._call(self.admin_url + f"/admin/v1/webhooks/{name}", token=self.admin_token, method="DELETE")

    def _call(self, url, body=None, token=None, method=None):
        """The status and the body; tried again while Sluice is away."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method or ("GET" if body is None else "POST"))
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for attempt in range(5):
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    return response.status, json.loads(response.read() or b"{}")
            except urllib.error.HTTPError as error:
                if error.code != 503 or attempt == 4:
                    return error.code, json.loads(error.read() or b"{}")
            except OSError:
                if attempt == 4:
                    return 503, {"code": "store-unavailable"}
            time.sleep(0.2 * 2**attempt)

# --- Signatures ------------------------------------------------------------------------------------------------------

class Session:
    """Who buys is signed by the shop, so that nobody buys in another's name: only the shop calls the purchase route."""

    def __init__(self):
        self.key = secrets.token_bytes(32)

    def sign(self, user):
        return user + "." + hmac.new(self.key, user.encode(), hashlib.sha256).hexdigest()

    def user(self, text):
        user, _, code = text.rpartition(".")
        good = hmac.compare_digest(code, self.sign(user).rpartition(".")[2])
        return user if user and good else None


def is_genuine(secret, fields, body, now):
    """Whether a webhook is Sluice's: https://www.standardwebhooks.com. During a rotation it has two signatures."""
    webhook_id, sent = fields.get("webhook-id", ""), fields.get("webhook-timestamp", "")
    if not webhook_id or not sent.isdigit() or abs(now - int(sent)) > OLDEST_WEBHOOK:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.new(key, f"{webhook_id}.{sent}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(code).decode()
    return any(hmac.compare_digest(given, expected) for given in fields.get("webhook-signature", "").split(" "))

# --- The shop's own books --------------------------------------------------------------------------------------------

class Books:
    """What the shop knows: who holds which ticket, and what Sluice notified it of. A real shop has a database here."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tickets = {}  # (item, user) -> ticket
        self.stories = {}  # (item, sequence) -> {"user", "events", "reference"}
        self.seen = {}  # webhook ids, oldest first

    def note_ticket(self, item, user, ticket):
        with self.lock:
            self.tickets[(item, user)] = ticket

    def note_event(self, event):
        """An event may come twice, under the same id, and counts once."""
        with self.lock:
            if event["id"] in self.seen:
                return
            self.seen[event["id"]] = True
            if len(self.seen) > IDS_REMEMBERED:
                del self.seen[next(iter(self.seen))]
            data = event["data"]
            if data.get("sequence") is None:
                return
            story = self.stories.setdefault((data["item"], data["sequence"]), {"user": None, "events": []})
            story.update(user=data.get("user") or story["user"], reference=data.get("reference"))
            story["events"].append(event["type"].removeprefix("sluice.ticket."))

    def shown(self):
        with self.lock:
            return [{"item": key[0], "sequence": key[1], **story} for key, story in sorted(self.stories.items())]


# --- Pages -----------------------------------------------------------------------------------------------------------

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:1.1em system-ui;max-width:36em;margin:3em auto;padding:0 1em}}
button{{font:inherit;padding:.4em 1.2em;margin:.2em}}td{{padding:0 1em 0 0}}</style><h1>{title}</h1>{body}"""

# The ticket's page asks again when Sluice says so, and shows what can be done in each state.
BUY = '<form method="post" action="/buy"><button>Buy one</button></form>'
WAIT = """<p>State: <b>{state}</b>, {ahead}</p><meta http-equiv="refresh" content="1">
<form method="post" action="/leave"><button>Leave</button></form>"""
PAY = """<p>It is yours until <b>{until}</b>.</p><form method="post" action="/pay">
<button name="outcome" value="authorized">Pay</button>
<button name="outcome" value="failed">Card is refused</button></form>
<form method="post" action="/leave"><button>Give it back</button></form>
<p>Or do nothing, and the next in line gets it.</p><meta http-equiv="refresh" content="5">"""
ENDS = {
    "sold": "It is yours, and paid.", "sold_out": "Sold out.", "expired": "You did not pay in time.",
    "cancelled": "You left.", "rejected": "The order was refused.",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop = None  # the Shop

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/":
            return self.show_ticket()
        if path == "/books":
            return self.send(200, json.dumps(self.shop.books.shown()), "application/json")
        self.send(404, "nothing here")

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            return self.send(413, "too long")
        body = self.rfile.read(int(length))
        if self.path == "/webhooks":
            return self.take_webhook(body)
        user, item = self.user(), self.shop.item
        ticket = self.shop.books.tickets.get((item, user))
        if user is None:
            return self.send(403, "the session is not signed by this shop")
        if self.path == "/buy":
            status, answer = self.shop.sluice.purchase(item, user)
            if status in (200, 202):
                self.shop.books.note_ticket(item, user, answer["ticket"])
            return self.back("" if status < 300 else answer.get("title", "try again"))
        if ticket and self.path == "/leave":
            self.shop.sluice.leave(ticket)
            return self.back("")
        if ticket and self.path == "/pay":
            outcome = urllib.parse.parse_qs(body.decode()).get("outcome", [""])[0]
            return self.pay(ticket, outcome if outcome == "failed" else "authorized")
        self.send(404, "nothing here")

    def pay(self, ticket, outcome):
        """Authorise first: the money is set aside, Sluice decides, and only then is it taken. Nobody is paid back."""
        reference = "pay-" + hashlib.sha256((ticket + outcome).encode()).hexdigest()[:16]
        status, answer = self.shop.sluice.pay(ticket, outcome, reference)
        if answer.get("decision") == "capture":
            return self.back("captured")  # here the gateway's money is taken
        if answer.get("decision") == "void":
            return self.back("too late: no money was taken")  # here it is let go
        self.back("the card was refused" if status == 200 else answer.get("title", "try again"))

    def take_webhook(self, body):
        """Check, note, answer; whatever takes longer is done later."""
        fields = {name.lower(): value for name, value in self.headers.items()}
        if not is_genuine(self.shop.secret, fields, body, time.time()):
            return self.send(401, "not signed by Sluice")
        self.shop.books.note_event(json.loads(body))
        self.send(204, "")

    def user(self):
        jar = cookies.SimpleCookie(self.headers.get("Cookie", ""))
        return self.shop.session.user(jar["session"].value) if "session" in jar else None

    def show_ticket(self):
        user, cookie = self.user(), None
        if user is None:
            # A real shop has its buyers log in here.
            user = "buyer-" + secrets.token_hex(4)
            cookie = f"session={self.shop.session.sign(user)}; HttpOnly; SameSite=Strict; Path=/"
        note = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("note", [""])[0]
        ticket = self.shop.books.tickets.get((self.shop.item, user))
        body = BUY if ticket is None else self.shown(self.shop.sluice.ticket(ticket)[1])
        if note:
            body = f"<p><i>{html.escape(note)}</i></p>" + body
        self.send(200, PAGE.format(title=html.escape(self.shop.item), body=body), "text/html; charset=utf-8", cookie)

    def shown(self, ticket):
        state = ticket.get("state", "unknown")
        if state == "reserved":
            return PAY.format(until=html.escape(ticket.get("expires_at") or "soon"))
        if state in ENDS:
            return f"<p>{ENDS[state]}</p>"
        ahead = f"{ticket['ahead']} ahead of you" if ticket.get("ahead") is not None else "one moment"
        return WAIT.format(state=html.escape(state), ahead=ahead)

    def back(self, note):
        self.send(303, "", location="/" + ("?note=" + urllib.parse.quote(note) if note else ""))

    def send(self, status, text, kind="text/plain; charset=utf-8", cookie=None, location=None):
        data = text.encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        if status != 204:
            self.wfile.write(data)


class Shop:
    def __init__(self, sluice, item):
        self.sluice, self.item = sluice, item
        self.session, self.books, self.secret = Session(), Books(), None


def main():
    parser = argparse.ArgumentParser(description="A small shop in front of Sluice.")
    parser.add_argument("--port", type=int, default=9080, help="where buyers and webhooks come in; 0: any")
    parser.add_argument("--item", default="demo", help="what is sold")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="Sluice's public listener")
    parser.add_argument("--admin-url", default="http://127.0.0.1:8081", help="its admin listener")
    parser.add_argument("--admin-token-file", required=True, help="the token of the admin listener")
    arguments = parser.parse_args()
    with open(arguments.admin_token_file, encoding="utf-8") as file:
        token = file.read().strip()
    shop = Shop(Sluice(arguments.url, arguments.admin_url, token), arguments.item)
    Handler.shop = shop
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    # The secret is shown once, so a shop that keeps none makes its webhook anew at each start. A real one keeps both.
    shop.sluice.delete_webhook("example-shop")
    status, webhook = shop.sluice.put_webhook("example-shop", url + "/webhooks")
    if "secret" not in webhook:
        sys.exit(f"shop: Sluice made no webhook: {status} {webhook.get('title', '')} {webhook.get('detail', '')}")
    shop.secret = webhook["secret"]
    print(f"ready {url} pid={os.getpid()}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
