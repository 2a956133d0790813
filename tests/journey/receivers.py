"""The receivers that Larder hands out, one for each language: downloaded, run, and told of what happens."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from standardwebhooks.webhooks import Webhook

from .calls import call, eventually, require
from .hosts import ROOT, TOOLS, binary
from .world import step

NODE, PACKAGES, GO = TOOLS / "node/bin/node", TOOLS / "npm/node_modules", TOOLS / "go"


@step()
def the_receiver_in_python_takes_what_is_genuine(journey):
    tried(journey, "python", "py", lambda file: [sys.executable, file])


@step()
def the_receiver_in_typescript_takes_what_is_genuine(journey):
    def checked(file):
        how = ("--strict", "--noEmit", "--skipLibCheck", "--target", "esnext", "--module", "nodenext", "--types", "node")
        ran(file, NODE, PACKAGES / "typescript/bin/tsc", *how, "--typeRoots", PACKAGES / "@types", file)
        return [NODE, file]

    tried(journey, "typescript", "ts", checked)


@step()
def the_receiver_in_go_takes_what_is_genuine(journey):
    def built(file):
        own = {"GOCACHE": str(GO / "cache"), "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "HOME": str(file.parent)}
        ran(file, GO / "bin/go", "build", "-o", "receiver", file, **own)
        return [file.parent / "receiver"]

    tried(journey, "go", "go", built)


@step()
def the_receiver_in_rust_takes_what_is_genuine(journey):
    def built(file):
        ours = ROOT / "templates/receivers/receiver.rs"
        require(file.read_bytes() == ours.read_bytes(), "it is not the program that was built here")
        return [binary("receivers", "receiver")]

    tried(journey, "rust", "rs", built)


def ran(file, *command, **more):
    run = subprocess.run(command, cwd=file.parent, env=os.environ | more, text=True, capture_output=True)
    require(run.returncode == 0, f"{command[0]}: {run.stdout}{run.stderr}")


def tried(journey, language, ending, command):
    with TemporaryDirectory(prefix="larder-") as folder:
        hooks = [journey.hook(signature=signature) for signature in ("v1", "v1a")]
        file = downloaded(journey, hooks[0].connection.id, language, ending, Path(folder))
        start = command(file)
        for hook in hooks:
            with running(start, file.parent, hook.secret) as program:
                hook.on_to = program.told
                takes_what_is_genuine(journey, hook, program)
                journey.revoke(hook.connection)
                hook.on_to = None


def takes_what_is_genuine(journey, hook, program):
    task = journey.api.make_task("For a receiver")["id"]
    hit, event = hook.arrived("task.created", task)
    require((hit.status, program.events(1)) == (204, [event]), "it did not take the first event")
    require(program.told(hit.headers, hit.body) == 204, "it refuses what it had already")
    for headers, body in (*altered(hit), *late(hook, hit)):
        status = program.told(headers, body)
        require(status == 401, f"{status} for what is not genuine: {headers} {body}")
    # Whoever has the old secret is not left out as long as both sign.
    journey.owner("POST", f"/connections/{hook.connection.id}/rotate-secret", {"overlap_hours": 1}).expect(200)
    journey.api.rest("DELETE", f"/v1/tasks/{task}").expect(204)
    last_hit, last = hook.arrived("task.deleted", task)
    require(len(last_hit.headers["webhook-signature"].split(" ")) == 2, "two signatures expected")
    require(program.events(2) == [event, last], "two events, each once, expected")


def downloaded(journey, id, language, ending, folder):
    told = journey.owner("GET", f"/connections/{id}/handler?language={language}").expect(200)
    named = re.search(r'filename="([^"/]+)"', told.headers["Content-Disposition"])[1]
    told.require(named.endswith(f"_webhook.{ending}"), "a file of that language expected")
    file = folder / named
    file.write_bytes(told.body)
    return file


def altered(hit):
    """The same with one byte of it changed."""
    yield hit.headers, hit.body[:-2] + b" " + hit.body[-1:]
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        text = hit.headers[name]
        for at in (5, len(text) - 2):
            other = "1" if text[at] != "1" else "2"
            yield hit.headers | {name: text[:at] + other + text[at + 1:]}, hit.body
        yield {header: value for header, value in hit.headers.items() if header != name}, hit.body


def late(hook, hit):
    """Signed by the right secret, ten minutes ago; only Larder can sign with a key that is public."""
    if hook.secret.startswith("whpk_"):
        return
    then = datetime.now(UTC) - timedelta(minutes=10)
    signature = Webhook(hook.secret).sign(hit.id, then, hit.body.decode())
    stamps = {"webhook-timestamp": str(int(then.timestamp())), "webhook-signature": signature}
    yield hit.headers | stamps, hit.body


class Program:
    def __init__(self, address, lines):
        self.address, self.lines = address, lines

    def told(self, headers, body):
        """What it answers."""
        passed_on = {name: value for name, value in headers.items() if name.startswith(("webhook-", "content-type"))}
        return call("POST", self.address, body, headers=passed_on).status

    def events(self, count):
        """What it printed, once there are so many lines."""
        def look():
            lines = self.lines.read_text().splitlines()
            return lines if len(lines) >= count else None

        return [json.loads(line) for line in eventually(f"{count} lines of the receiver", look, 10)]


@contextmanager
def running(command, folder, secret):
    lines, said = folder / "lines", folder / "said"
    own = {"WEBHOOK_SECRET": secret, "PORT": "0"}
    with lines.open("w") as out, said.open("w") as errors, subprocess.Popen(
            command, cwd=folder, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=out, stderr=errors) as process:
        try:
            def look():
                require(process.poll() is None, f"it ended: {said.read_text()}")
                return re.search(r"listening on (http://127\.0\.0\.1:\d+)\n", said.read_text())

            yield Program(eventually("the receiver", look, 20)[1] + "/", lines)
        finally:
            process.kill()
