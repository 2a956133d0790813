"""Tries the API out by its own description, on the `larder` process: as a connection, then as the owner. Every check of
Schemathesis is on, examples, edge cases, random input and random sequences of calls. In place of its check that whatever
fits the description is accepted stands a stricter one that knows of what no schema can say (hooks.py): a reason that
nobody has met before fails it.
    tests/schemathesis/run.py [how many random inputs for each operation]
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from journey.calls import call  # noqa: E402
from journey.hosts import TOOLS, Larder, binary  # noqa: E402

# 207: of many items, those that do not fit are refused each by itself.
REFUSALS = ["207", "400", "401", "403", "404", "405", "406", "409", "412", "413", "415"]
# Ends the token that the rest is tried with.
ENDS_EVERYTHING = "sign_out_everywhere"


def main(examples):
    with TemporaryDirectory(prefix="larder-") as home:
        larder = Larder(binary(), home).start()
        try:
            return as_connection(larder, examples) | as_owner(larder, examples)
        finally:
            larder.stop()


def as_connection(larder, examples):
    new = {"kind": "api", "name": "Schemathesis", "preset": "full_access",
           "limits": {"burst": None, "per_hour": None, "per_day": None}}
    key = call("POST", f"{larder.url}/connections", new, token=larder.owner_token).expect(201).json["key"]
    description = Path(larder.home) / "own.json"
    description.write_text(call("GET", f"{larder.url}/openapi/own.json", token=key).expect(200).text)
    schemes = {"connectionKey": f'bearer = "{key}"', "connectionKeyHeader": f'api_key = "{key}"'}
    return tried(larder, examples, description, schemes, [])


def as_owner(larder, examples):
    description = Path(larder.home) / "openapi.json"
    description.write_text(call("GET", f"{larder.url}/openapi.json").expect(200).text)
    schemes = {"ownerToken": f'bearer = "{larder.owner_token}"'}
    others = ["--exclude-path-regex", "^/v1/", "--exclude-operation-id", "get_own_openapi",
              "--exclude-operation-id", ENDS_EVERYTHING]
    return tried(larder, examples, description, schemes, others)


def tried(larder, examples, description, schemes, which):
    settings = Path(larder.home) / "schemathesis.toml"
    auth = "".join(f"[auth.openapi.{name}]\n{how}\n" for name, how in schemes.items())
    statuses = ", ".join(f'"{status}"' for status in REFUSALS)
    settings.write_text(
        f'hooks = "{HERE / "hooks.py"}"\n{auth}[checks]\npositive_data_acceptance.enabled = false\n'
        f"[checks.negative_data_rejection]\nexpected-statuses = [{statuses}]\n")
    run = [TOOLS / "schemathesis/bin/st", "--config-file", settings, "run", description, "--url", larder.url,
           "--checks", "all", "--exclude-checks", "positive_data_acceptance", "--max-examples", str(examples),
           "--phases", "examples,coverage,fuzzing,stateful", "--seed", "1", "--continue-on-failure", "--no-color", *which]
    return subprocess.run(run, cwd=larder.home, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(next((int(word) for word in sys.argv[1:] if word.isdigit()), 20)))
