"""Lets MCP clients that others wrote list, call, read and prompt, each with a key, against the `larder` process; all have
to see the same. So have those that can only start a command. Agents' command lines connect with a key, and by OAuth where they can.
    tests/clients/run.py
    tests/clients/run.py deployed    the same against what tests/deploy.py deployed, by the sign-in of an issuer
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from clients import bridges, programs  # noqa: E402
from clients.browser import Browser, Visitor  # noqa: E402
from journey.calls import call, require  # noqa: E402
from journey.hosts import TOOLS, Deployed, Larder, binary  # noqa: E402

OLD, NEW = "2025-11-25", "2026-07-28"
NODE, PACKAGES = TOOLS / "node/bin/node", TOOLS / "npm"
PYTHON_2, PYTHON_1 = (TOOLS / name / "bin/python" for name in ("clients", "mcp1"))
INSPECTOR = PACKAGES / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
TITLE = "Find a pool"

# Each prints one line: the version that it speaks, how many tools it lists, and what it gets by call, read and prompt.
CLIENTS = (
    ("Python 2, legacy", OLD, [PYTHON_2, HERE / "python2.py", "legacy", "key"]),
    ("Python 2, modern", NEW, [PYTHON_2, HERE / "python2.py", NEW, "key"]),
    ("Python 2, auto", NEW, [PYTHON_2, HERE / "python2.py", "auto", "key"]),
    ("Python 2, mcp-stdio, legacy", OLD, [PYTHON_2, HERE / "python2.py", "legacy", "command"]),
    ("Python 2, mcp-stdio, auto", NEW, [PYTHON_2, HERE / "python2.py", "auto", "command"]),
    ("Python 1", OLD, [PYTHON_1, HERE / "python1.py", "key"]),
    ("TypeScript, legacy", OLD, [NODE, HERE / "typescript.mjs", "legacy", "key"]),
    ("TypeScript, auto", NEW, [NODE, HERE / "typescript.mjs", "auto", "key"]),
    ("Python 2, legacy, OAuth", OLD, [PYTHON_2, HERE / "python2.py", "legacy", "oauth"]),
    ("Python 2, auto, OAuth", NEW, [PYTHON_2, HERE / "python2.py", "auto", "oauth"]),
    ("Python 1, OAuth", OLD, [PYTHON_1, HERE / "python1.py", "oauth"]),
    ("TypeScript, auto, OAuth", NEW, [NODE, HERE / "typescript.mjs", "auto", "oauth"]),
)


def main():
    with TemporaryDirectory(prefix="larder-") as home:
        if sys.argv[1:] == ["deployed"]:
            host = Deployed()
            host.home, host.binary = home, binary()
            return tried(host, Visitor.signed_in(host))
        larder = Larder(binary(), home).start()
        try:
            return tried(larder, Browser.signed_in(larder))
        finally:
            larder.stop()


def tried(larder, browser):
    new = {"kind": "mcp", "name": "Clients", "preset": "full_access",
           "limits": {"burst": None, "per_hour": None, "per_day": None}}
    made = call("POST", f"{larder.url}/connections", new, token=larder.owner_token).expect(201).json
    key = made["key"]
    call("POST", f"{larder.url}/v1/tasks", {"title": TITLE, "due": "2026-01-15"}, token=key).expect(201)
    listed = call("POST", larder.mcp_url, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, token=key).expect(200).json
    names = [tool["name"] for tool in listed["result"]["tools"]]
    tools, deletes = len(names), sum(name.startswith("delete_") for name in names)
    env = {"HOME": larder.home, "PATH": os.environ["PATH"], "URL": larder.mcp_url, "KEY": key, "PACKAGES": PACKAGES,
           "LARDER": larder.binary, "ORIGIN": browser.origin, "PYTHON": PYTHON_2, "BROWSER": HERE / "browser.py",
           **{name.upper(): value for name, value in browser.cookie.items()}}
    failed = 0
    for name, version, command in CLIENTS:
        # What an app may do that asked for no more than to read and write.
        most = tools if "oauth" not in command else tools - deletes
        run = subprocess.run(command, env=env, cwd=larder.home, text=True, capture_output=True, timeout=60)
        seen = json.loads(run.stdout) if run.returncode == 0 else {}
        fits = (seen.get("version"), seen.get("tools"), seen.get("called")) == (version, most, TITLE) and all(
            TITLE in seen[what] for what in ("read", "prompt"))
        failed += not fits
        print(f"{name}: {'ok' if fits else f'FAILED {seen} {run.stderr[-2000:]}'}", flush=True)
    key_file = Path(larder.home) / "key"
    key_file.write_text(key)
    by_address = [larder.mcp_url, "--transport", "http", "--header", f"Authorization: Bearer {key}"]
    by_command = [larder.binary, "mcp-stdio", "--url", larder.mcp_url, "--key-file", key_file]
    for way, how in (("", by_address), (", mcp-stdio", by_command)):
        for era in ("legacy", "modern"):
            inspected(larder, how, era, tools)
            print(f"Inspector{way}, {era}: ok", flush=True)
    extension = f"{larder.url}/connections/{made['connection']['id']}/larder.mcpb"
    bridges.tried(larder, call("GET", extension, token=larder.owner_token).expect(200).body, key)
    programs.tried(larder, key, tools, browser)
    return int(failed > 0)


def inspected(larder, how, era, tools):
    """The Inspector's command line, which is one process for each thing that it does."""
    def does(*what):
        command = [NODE, INSPECTOR, "--cli", *how, "--protocol-era", era, "--method", *what]
        env = {"HOME": larder.home, "PATH": os.environ["PATH"]}
        run = subprocess.run(command, env=env, cwd=larder.home, text=True, capture_output=True, timeout=60)
        require(run.returncode == 0, f"{what}: {run.stdout}{run.stderr}")
        return run.stdout

    require(len(json.loads(does("tools/list"))["tools"]) == tools, "other tools")
    for what in (("tools/call", "--tool-name", "list_tasks"), ("resources/read", "--uri", "larder://me/today"),
                 ("prompts/get", "--prompt-name", "daily_planning")):
        require(TITLE in does(*what), f"{TITLE} expected from {what}")


if __name__ == "__main__":
    sys.exit(main())
