"""Receives webhooks on loopback, and checks them with the reference library of Standard Webhooks."""

import base64
import json
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook

from .calls import eventually


def genuine(secret, headers, body):
    """The payload; raises if it is not signed by this. The library knows no `v1a`: these lines are ours."""
    if not secret.startswith("whpk_"):
        return Webhook(secret).verify(body, headers)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret.removeprefix("whpk_")))
    for one in headers["webhook-signature"].split(" "):
        with suppress(InvalidSignature):
            public.verify(base64.b64decode(one.removeprefix("v1a,")), signed)
            return json.loads(body)
    raise InvalidSignature


@dataclass
class Hit:
    headers: dict
    body: bytes
    status: int
    event: dict | None = None  # once it was found to be genuine

    @property
    def id(self):
        return self.headers["webhook-id"]


class Hook:
    """One address to send webhooks to. Answers as told, then 200; while it is held, not at all."""

    def __init__(self, url, answers):
        self.url, self.answers, self.hits = url, list(answers), []
        self.free = threading.Event()
        self.free.set()
        self.connection = self.secret = None
        self.on_to = None  # who else is told, and answers

    def events(self, of=None):
        """The payload of each delivery by arrival, its signature verified; `of` picks those of one task."""
        for hit in list(self.hits):
            hit.event = hit.event or genuine(self.secret, hit.headers, hit.body)
        return [(hit, hit.event) for hit in list(self.hits) if hit.event and (of is None or hit.event["data"]["id"] == of)]

    def arrived(self, kind, task, within=60):
        """The first delivery of this kind of event on this task."""
        def look():
            return next((found for found in self.events(task) if found[1]["type"] == kind), None)

        return eventually(f"{kind} of {task} at the webhook", look, within)

    def again(self, task, within=60):
        """The first two deliveries of one task."""
        return eventually(f"a second try for {task}", lambda: (found := self.events(task))[1:2] and found[:2], within)


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address="127.0.0.1:0"):
        host, port = address.rsplit(":", 1)
        super().__init__((host, int(port)), Handler)
        self.address = "%s:%d" % self.server_address[:2]
        self.hooks = {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def hook(self, answers=()):
        path = f"/{secrets.token_hex(6)}"
        self.hooks[path] = Hook(f"http://{self.address}{path}", answers)
        return self.hooks[path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hook = self.server.hooks.get(self.path)
        status = 404
        if hook:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = hook.answers.pop(0) if hook.answers else hook.on_to(headers, body) if hook.on_to else 200
            hook.hits.append(Hit(headers, body, status))
            with suppress(Exception):  # found again by whoever waits for it; after five minutes it would be too old
                hook.events()
            hook.free.wait(30)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass
