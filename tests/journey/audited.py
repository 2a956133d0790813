"""The audit log: what happened stands in it, in a chain that an export proves."""

import json
import subprocess

from .calls import call, eventually, require
from .hosts import binary
from .world import step


@step()
def the_audit_log_tells_what_happened(journey):
    connection = journey.connect("mcp", grant=[{"resource": "tasks", "actions": ["read", "write"]}])
    task = connection.make_task("A secret title")["id"]
    connection.rest("DELETE", f"/v1/tasks/{task}").problem(403)
    journey.owner("PATCH", f"/connections/{connection.id}", {"name": "Another"}).expect(200)
    connection.key = journey.owner("POST", f"/connections/{connection.id}/rotate", {}).expect(200).json["key"]
    journey.revoke(connection)
    connection.rest("GET", "/v1/tasks").problem(401)
    expected = {("connection.created", "done"), ("task.created", "done"), ("call.denied", "refused"),
                ("connection.updated", "done"), ("connection.rotated", "done"), ("connection.revoked", "done")}
    path = f"/audit/logs?connection={connection.id}&limit=100"

    def sealed():
        entries = journey.owner("GET", path).expect(200).json["data"]
        return len(entries) >= 7 and all(entry["sealed"] for entry in entries) and entries

    entries = eventually("seven sealed entries", sealed, 60)
    require({(entry["action"], entry["result"]) for entry in entries} == expected, f"not what happened: {entries}")
    denied = [entry for entry in entries if entry["action"] == "call.denied"]
    require(len(denied) == 2 and all(entry["reason"] and entry["target"] for entry in denied), f"two refusals with a reason: {denied}")
    require("A secret title" not in json.dumps(entries), "the owner's data stands in it")
    refused = journey.owner("GET", f"{path}&result=refused").expect(200).json["data"]
    require(refused == denied, f"the filter lets other entries pass: {refused}")


@step()
def an_export_proves_that_nothing_was_altered(journey):
    known = journey.owner("GET", "/audit/head").expect(200).json
    lines = eventually("a whole export", lambda: (found := exported(journey, "jsonl")) and "head" in found[-1] and found, 60)
    require(len(lines) > 20, f"only {len(lines)} lines")
    file = journey.host.scratch / "audit.jsonl"
    said = verify(file, lines, 0)
    last = json.loads(lines[-1])["head"]
    verify(file, lines, 0, "--head", last["hash"])
    ends = ["--first", str(known["first"]), "--head", known["hash"]]
    verify(file, lines, 0, *ends)
    entry = json.loads(lines[1])
    shorter = lines[1:-1] + [json.dumps({"head": {**last, "first": entry["seq"]}}, separators=(",", ":"))]
    verify(file, shorter, 1, *ends)
    middle = len(lines) // 2
    other = lines[middle].replace('"result":"', '"result":"x', 1)
    for what, bad in (
        ("altered", lines[:middle] + [other] + lines[middle + 1:]),
        ("left out", lines[:middle] + lines[middle + 1:]),
        ("left out at the end", lines[:-2] + lines[-1:]),
        ("moved", lines[:middle] + [lines[middle + 1], lines[middle]] + lines[middle + 2:]),
    ):
        found = verify(file, bad, 1)
        require(found != said and any(character.isdigit() for character in found), f"{what}, but it says: {found}")
    rows = exported(journey, "csv")
    require(len(rows) >= len(lines), f"{len(rows)} rows of CSV for {len(lines)} lines")


def exported(journey, form):
    """Every line, of all parts."""
    text, path = "", f"/audit/export?format={form}"
    while path:
        part = journey.owner("GET", path).expect(200)
        text += part.text
        path = part.headers["Link"] and part.headers["Link"].split(">")[0].lstrip("<")
    return text.splitlines()


def verify(file, lines, code, *more):
    file.write_text("\n".join(lines) + "\n")
    run = subprocess.run([binary(), "audit", "verify", file, *more], text=True, capture_output=True, timeout=60)
    require(run.returncode == code, f"exit code {run.returncode}: {run.stdout}{run.stderr}")
    return run.stdout + run.stderr


@step("deployed")
def signing_out_everywhere_ends_every_token_until_then(journey):
    name = {"sub": f"leaving-{journey.nonce()}"}
    tokens = [journey.host.token(**name) for _ in range(2)]
    stays = journey.host.owner_token
    connections = lambda token: call("GET", f"{journey.host.url}/connections", token=token)
    for token in tokens:
        connections(token).expect(200)
    journey.owner("POST", "/owner/sign-out-everywhere", token=tokens[0]).expect(204)
    for token in tokens:
        connections(token).problem(401).require(True, "")
    renewed = journey.host.token(**name, auth_time=1_700_000_000)
    connections(renewed).problem(401)
    # A token says only in which second it was issued: one of this second counts as issued before.
    eventually("a new token holds", lambda: connections(journey.host.token(**name)).status == 200, 5)
    connections(stays).expect(200)


# The last of the steps but for the search for secrets.
def what_happened_was_sealed(journey):
    """Everything that is in the log by now stands in its chain within a minute."""
    def unsealed():
        page = journey.owner("GET", "/audit/logs?limit=100").expect(200).json["data"]
        return [entry["action"] for entry in page if not entry["sealed"]]

    eventually("no entry is left unsealed", lambda: not unsealed(), 90)
