"""The Lambdas against an emulated Lambda service: how big, how fast to start, what an invocation costs."""

import contextlib
import json
import os
import subprocess

from .build import ROOT
from .larder import Running

COLDS = 21
MOST_MB = 8
LONGEST_INIT_MS = 30

# Invoked as well as started: what the others do at a call needs more of AWS than the stand-in has.
INVOKED = "data"
INVOCATION = [("first invocation", "first_ms", "ms"), ("first invocation, CPU", "first_cpu_ms", "ms"),
              ("warm invocation", "warm_us", "µs"), ("warm invocation, CPU", "warm_cpu_us", "µs")]


def measure(hello, functions, seed, meters, scratch, table):
    event = json.loads((ROOT / "infra/events/list-tasks.json").read_text())
    event |= {"rawQueryString": "limit=20", "queryStringParameters": {"limit": "20"}}
    floor = invoke(hello, {}, event, meters, scratch)
    with contextlib.ExitStack() as stack:
        measured = dict.fromkeys(functions, {})
        if functions:
            aws = stack.enter_context(Running([meters / "standin"]))
            environment = settings(aws.first_line.strip())
            key = subprocess.run([seed], env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
            event["headers"]["authorization"] = f"Bearer {key.strip()}"
        for name, binary in functions.items():
            measured[name] = invoke(binary, environment, event if name == INVOKED else None, meters, scratch)

    for name, own in measured.items() or [("hello", {})]:
        row = lambda what, figure, unit, **more: table.row(f"Lambda {name}: {what}", own.get(figure), floor[figure],
                                                           unit, **(more if own else {}))
        row("size", "mb", "MB", below=MOST_MB)
        row("init", "init_ms", "ms", below=LONGEST_INIT_MS, more=f"(least {own.get('init_least_ms', 0):.1f})")
        row("init, CPU", "init_cpu_ms", "ms")
        if name in (INVOKED, "hello"):
            for what, figure, unit in INVOCATION:
                row(what, figure, unit)
    table.note(f"Lambdas: init is from the start of the process to its first request for an event, the median of {COLDS} "
               "colds with the file in memory; an invocation is GET /v1/tasks?limit=20, AWS a stand-in on loopback "
               "that answers at once, without TLS; the floor is a Lambda from the same build that only says hello.")


def invoke(binary, environment, event, meters, scratch):
    command, log = [meters / "invoke", "--colds", str(COLDS), "--log", scratch / "log"], scratch / "log"
    if event:
        (scratch / "event.json").write_text(json.dumps(event))
        command += ["--event", scratch / "event.json"]
    done = subprocess.run([*command, binary], env={**os.environ, **environment}, stdout=subprocess.PIPE, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"{binary} could not be measured:\n{log.read_text()[-2000:] if log.exists() else ''}")
    return json.loads(done.stdout) | {"mb": binary.stat().st_size / 1e6}


def settings(aws):
    """What the template sets, and Lambda itself."""
    return {
        "AWS_ENDPOINT_URL": f"http://{aws}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "LARDER_TABLE": "larder",
        "LARDER_KMS_KEY": "bench",
        "LARDER_QUEUE_URL": f"http://{aws}/queue",
        "LARDER_OWNER_ISSUER": f"http://{aws}",
        "LARDER_OWNER_AUDIENCE": "bench",
    }
