#!/usr/bin/env python3
"""Receives Larder's webhooks: checks that they are genuine, drops what came before, and hands each event on once.

    WEBHOOK_SECRET=whsec_… PORT=9000 python3 receiver.py

The secret is the `whsec_…` that was shown when the webhook was made, or, of one that signs by `v1a`, its public key
`whpk_…`, for which the package `cryptography` is needed. Nothing else has to be installed.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 5 * 60  # seconds that the sender's clock and this one may be apart
MOST_BYTES = 1024 * 1024
REMEMBERED = 10_000


def handle(event):
    """What is to be done with an event: yours to write. Whoever raises here is told again later."""
    print(json.dumps(event), flush=True)


def verify(secret, headers, body):
    """Whether these very bytes were signed by who knows the secret, a moment ago."""
    id, sent, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not sent.isdecimal() or abs(time.time() - int(sent)) > TOLERANCE:
        return False
    kind, _, key = secret.partition("_")
    key, signed = decoded(key) or b"", f"{id}.{sent}.".encode() + body
    version, fits = {"whsec": ("v1", signed_with_secret), "whpk": ("v1a", signed_with_key)}[kind]
    found = (one.partition(",") for one in given.split(" "))
    signatures = (decoded(text) for named, _, text in found if named == version)
    return len(key) >= 24 and any(fits(key, signed, signature) for signature in signatures if signature)


def decoded(text):
    """Only of the one way to write these bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def signed_with_secret(secret, signed, signature):
    return hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha256), signature)


def signed_with_key(public, signed, signature):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
        return True
    except InvalidSignature:
        return False


class Receiver(BaseHTTPRequestHandler):
    timeout = 10
    turn = threading.Lock()
    seen = {}  # by `webhook-id`, the oldest first; who is started anew should find them in a database

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not verify(self.server.secret, self.headers, body):
            return self.answer(401)
        try:
            with self.turn:
                self.once(self.headers["webhook-id"], json.loads(body))
        except Exception:
            traceback.print_exc()
            return self.answer(500)
        self.answer(204)

    def once(self, id, event):
        if id not in self.seen:
            handle(event)
            self.seen[id] = True
            if len(self.seen) > REMEMBERED:
                del self.seen[next(iter(self.seen))]

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "9000"))), Receiver)
    server.secret = os.environ["WEBHOOK_SECRET"]
    print("listening on http://%s:%d" % server.server_address[:2], file=sys.stderr, flush=True)
    server.serve_forever()
