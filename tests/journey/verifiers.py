"""Verifiers that others wrote accept every delivery, and none that was changed by a byte."""

import base64
import json
import subprocess
import time
from pathlib import Path

from .calls import require
from .hosts import TOOLS
from .receiver import genuine
from .world import step

ALTERED = 50
IN_NODE = Path(__file__).parent / "verify.mjs"
# They refuse what is older than five minutes, so only what came in the last ones is shown to them.
YOUNG = 240


@step()
def every_delivery_is_accepted_by_verifiers_of_others_and_none_with_a_byte_changed(journey):
    public = journey.hook(signature="v1a")
    for nth in range(5):
        public.arrived("task.created", journey.api.make_task(f"Signed in public {nth}")["id"])
    now = time.time()
    sent = [(hook.secret, hit.headers, hit.body) for hook in journey.hooks for hit in hook.hits
            if now - int(hit.headers["webhook-timestamp"]) < YOUNG]
    require(len(sent) >= 20, f"only {len(sent)} deliveries")
    # The last ones are of the public key, and some of the others.
    altered = [(secret, *other) for secret, headers, body in sent[-ALTERED:] for other in each_byte_changed(headers, body)]
    for name, accepts in (("Python", in_python), ("Node", in_node)):
        refused = accepts(sent).count(False)
        require(refused == 0, f"{name} refuses {refused} of {len(sent)} deliveries")
        taken = accepts(altered).count(True)
        require(taken == 0, f"{name} accepts {taken} of {len(altered)} that were changed")
    print(f"      {len(sent)} deliveries accepted, {len(altered)} altered ones refused, twice")


def each_byte_changed(headers, body):
    for at, byte in enumerate(body):
        yield headers, body[:at] + bytes([byte ^ 1]) + body[at + 1:]
    for name in ("webhook-id", "webhook-timestamp"):
        for at, letter in enumerate(text := headers[name]):
            yield headers | {name: text[:at] + chr(ord(letter) ^ 1) + text[at + 1:]}, body
    # While a secret is replaced, one signature is enough: all are changed at once. Of its letters the last may mean the
    # same bytes as another one does, and these verifiers do not mind; an A and a Q never do.
    parts = [part.partition(",") for part in headers["webhook-signature"].split(" ")]
    for at in range(len(parts[0][2].rstrip("="))):
        changed = (f"{version},{text[:at]}{'Q' if text[at] == 'A' else 'A'}{text[at + 1:]}" for version, _, text in parts)
        yield headers | {"webhook-signature": " ".join(changed)}, body


def in_python(deliveries):
    return [accepted(*delivery) for delivery in deliveries]


def accepted(secret, headers, body):
    try:
        genuine(secret, headers, body)
        return True
    except Exception:  # of each verifier its own
        return False


def in_node(deliveries):
    told = ({"secret": secret, "body": base64.b64encode(body).decode(),
             "headers": {name: value for name, value in headers.items() if name.startswith("webhook-")}}
            for secret, headers, body in deliveries)
    said = "".join(json.dumps(delivery) + "\n" for delivery in told)
    run = subprocess.run([TOOLS / "node/bin/node", IN_NODE, TOOLS / "npm"], input=said, text=True, capture_output=True, timeout=120)
    require(run.returncode == 0, run.stderr)
    return json.loads(run.stdout)
