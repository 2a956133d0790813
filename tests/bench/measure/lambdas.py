"""The Lambdas against an emulated Lambda service: how big, how fast to start, what an invocation costs."""

import contextlib
import json
import os
import subprocess
from urllib.parse import urlencode

from .build import ROOT
from .larder import MODERN, Request, Running

COLDS = 21
MOST_MB = 8
LONGEST_INIT_MS = 30

# Invoked as well as started: what the others do at a call needs more of AWS than the stand-in has.
INVOKED = ["data", "mcp"]
MOST_CALL_US = {"mcp": 400}
MEMORIES, MOST_SEARCH_MS = 10_000, 15
INVOCATION = [("first invocation", "first_ms", "ms"), ("first invocation, CPU", "first_cpu_ms", "ms"),
              ("warm invocation", "warm_us", "µs"), ("warm invocation, CPU", "warm_cpu_us", "µs")]


def measure(hello, functions, seed, meters, scratch, table):
    events = {"data": called("GET", "tasks", query={"limit": "20"}), "mcp": tool_called("list_tasks", {"limit": 20})}
    floor = invoke(hello, {}, events["data"], meters, scratch)
    with contextlib.ExitStack() as stack:
        measured = dict.fromkeys(functions, {})
        if functions:
            aws = stack.enter_context(Running([meters / "standin"]))
            environment = settings(aws.first_line.strip())
            fill = [seed, str(MEMORIES)]
            key = subprocess.run(fill, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
            for event in events.values():
                event["headers"]["authorization"] = f"Bearer {key.strip()}"
        for name, binary in functions.items():
            measured[name] = invoke(binary, environment, events.get(name), meters, scratch)
        if functions:
            search(functions["data"], environment, events["data"]["headers"], meters, scratch, table)

    for name, own in measured.items() or [("hello", {})]:
        row = lambda what, figure, unit, **more: table.row(f"Lambda {name}: {what}", own.get(figure), floor[figure],
                                                           unit, **(more if own else {}))
        row("size", "mb", "MB", below=MOST_MB)
        row("init", "init_ms", "ms", below=LONGEST_INIT_MS, more=f"(least {own.get('init_least_ms', 0):.1f})")
        row("init, CPU", "init_cpu_ms", "ms")
        if name in (*INVOKED, "hello"):
            for what, figure, unit in INVOCATION:
                most = MOST_CALL_US.get(name) if figure == "warm_cpu_us" else None
                row(what, figure, unit, **({"below": most} if most else {}))
    table.note(f"Lambdas: init is from the start of the process to its first request for an event, the median of {COLDS} "
               "colds with the file in memory; an invocation is GET /v1/tasks?limit=20, of mcp the tool that lists as many, AWS a stand-in on loopback "
               "that answers at once, without TLS; the floor is a Lambda from the same build that only says hello.")


def search(binary, environment, headers, meters, scratch, table):
    """Of all memories: what reading and comparing their entries costs."""
    question = {"query": "who has an allergy"}
    paraphrased = question | {"queries": ["doctor", "bread", "winter tea"]}
    for name, asked in (("one question", question), ("three paraphrases", paraphrased)):
        event = called("POST", "memories/search", asked) | {"headers": headers | {"content-type": "application/json"}}
        own = invoke(binary, environment, event, meters, scratch, "--colds", "1", "--warming", "20", "--warm", "100")
        table.row(f"Lambda data: search of {MEMORIES:,} memories, {name}: warm, CPU", own["warm_cpu_us"] / 1e3,
                  None, "ms", below=MOST_SEARCH_MS)


def called(method, path, body=None, query=None):
    """What API Gateway makes of such a call."""
    event = json.loads((ROOT / "infra/events/list-tasks.json").read_text())
    event["requestContext"]["http"] |= {"method": method, "path": f"/v1/{path}"}
    event |= {"rawPath": f"/v1/{path}", "pathParameters": {"proxy": path}, "rawQueryString": urlencode(query or {}),
              "queryStringParameters": query or {}}
    return event | ({"body": json.dumps(body)} if body else {})


def tool_called(name, arguments):
    """The same of a tool, by a client of the protocol as it is now."""
    request = Request.tool(name, arguments, MODERN)
    event = json.loads((ROOT / "infra/events/mcp-tools-call.json").read_text())
    event["headers"] |= {name.lower(): value for name, value in request.headers.items()}
    return event | {"body": json.dumps(request.body)}


def invoke(binary, environment, event, meters, scratch, *options):
    options, log = options or ("--colds", str(COLDS)), scratch / "log"
    command = [meters / "invoke", *options, "--log", log]
    if event:
        (scratch / "event.json").write_text(json.dumps(event))
        command += ["--event", scratch / "event.json"]
        # A tool that refuses answers 200, too.
        command += ["--expect", "structuredContent"] if event["rawPath"] == "/mcp" and environment else []
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
