"""Holds the `larder` process against the official conformance runner, at the revisions of both protocol eras: as it is,
where fixtures.txt names what fails for want of a fixture, and with the fixtures, where baseline.txt names what fails.
Whatever they do not name has to pass, and nothing in them may pass unnoticed; and so have its scenarios for
authorization servers.
    tests/conformance/run.py
"""

import json
import re
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from conformance import authorization  # noqa: E402
from journey.calls import call, require  # noqa: E402
from journey.hosts import TOOLS, Larder, binary  # noqa: E402

REVISIONS = ("2025-11-25", "2026-07-28")
NODE = TOOLS / "node/bin/node"
RUNNER = TOOLS / "npm/node_modules/@modelcontextprotocol/conformance/dist/index.js"


def main():
    wrong = [held("larder", binary(), "fixtures.txt"),
             held("larder with fixtures", binary("conformance", "larder-with-fixtures", ["fixtures"]), "baseline.txt")]
    with running(binary()) as larder:
        wrong.append(authorization.held(larder, [NODE, RUNNER]))
    return int(any(wrong))


@contextmanager
def running(program):
    with TemporaryDirectory(prefix="larder-") as home:
        larder = Larder(program, home).start()
        try:
            yield larder
        finally:
            larder.stop()


def held(name, program, list_of_failing):
    """Whether something is not as the list says."""
    print(name, flush=True)
    lines = (HERE / list_of_failing).read_text().splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    with running(program) as larder:
        failed = {check for revision in REVISIONS for check in failing(larder, revision)}
    # A line names a scenario, or one of its checks.
    new = {check for check in failed if not known & {check, check.split()[0]}}
    stale = {line for line in known if not any(line in (check, check.split()[0]) for check in failed)}
    for sort, checks in (("fails", new), (f"passes although {list_of_failing} lists it", stale)):
        for check in sorted(checks):
            print(f"{check}: {sort}")
    return bool(new or stale)


def failing(larder, revision):
    """The checks that fail, each behind its scenario."""
    new = {"kind": "mcp", "name": f"Conformance {revision}", "preset": "full_access",
           "limits": {"burst": None, "per_hour": None, "per_day": None}}
    key = call("POST", f"{larder.url}/connections", new, token=larder.owner_token).expect(201).json["key"]
    with subprocess.Popen([NODE, HERE / "bearer-proxy.mjs", larder.url, key], text=True, stdout=subprocess.PIPE) as proxy:
        try:
            port = int(proxy.stdout.readline())
            results = Path(larder.home) / revision
            run = [NODE, RUNNER, "server", "--url", f"http://127.0.0.1:{port}/mcp", "--requirements", revision, "-o", results]
            with (Path(larder.home) / f"{revision}.log").open("w") as log:
                subprocess.run(run, cwd=larder.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=150)
        finally:
            proxy.kill()
    return counted(revision, results)


def counted(revision, results):
    failed, counts = set(), Counter()
    scenarios = sorted(results.glob("server-*/checks.json"))
    require(scenarios, f"the runner of {revision} left no results")
    for path in scenarios:
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*", "", path.parent.name)
        checks = json.loads(path.read_text())
        wrong = {check["id"] for check in checks if check["status"] == "FAILURE"}
        counts.update(check["status"] for check in checks)
        counts["scenarios"] += 1
        counts["whole"] += not wrong
        failed |= {f"{scenario} {check}" for check in wrong}
    print(f"{revision}: {counts['whole']} of {counts['scenarios']} scenarios pass, {counts['SUCCESS']} checks", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
