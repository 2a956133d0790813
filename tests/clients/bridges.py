"""What stands for a Larder where only a command can be started: `larder mcp-stdio`, and the bridge of the extension for
desktop apps, which has to pass for one. Both are given the same lines and have to say the same."""

import json
import os
import subprocess
from pathlib import Path

from journey.calls import require
from journey.hosts import TOOLS

NODE, MCPB = TOOLS / "node/bin/node", TOOLS / "npm/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
CLIENT = {"name": "bridges", "version": "1"}
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def asks(number, method, **params):
    # As JavaScript writes it: letters as they are.
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}, ensure_ascii=False)


# Each is one conversation, from the first line to the end of the input.
LEGACY = (
    asks(1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=CLIENT),
    '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
    asks(2, "tools/list"),
    "   ",
    asks("three", "tools/call", name="list_tasks", arguments={"query": "line\u2028and line"}),
    asks(4, "resources/read", uri="larder://me/today"),
    asks(5, "prompts/get", name="daily_planning", arguments={}),
    asks(6, "nothing/such"),
    asks(7, "tools/call", name="no_such_tool"),
    "{", "[]", '{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    *(asks(number, "ping") for number in range(10, 30)),
    asks(8, "tools/list", cursor="x" * 300_000),
)
MODERN = (
    asks(1, "server/discover", _meta=META),
    asks(2, "tools/call", name="list_tasks", arguments={}, _meta=META),
    asks(3, "resources/read", uri="larder://me/today", _meta=META),
    asks(4, "resources/read", uri="larder://collections/büro/1", _meta=META),
    asks(5, "tools/call", name=" list_tasks", _meta=META),
    asks(6, "tools/call", name="=?base64?bGlzdF90YXNrcw==?=", _meta=META),
    asks(7, "prompts/get", name="daily_planning", arguments={}, _meta=META),
    asks(8, "tools/list", _meta=META | {"io.modelcontextprotocol/protocolVersion": "2031-01-01"}),
)
REFUSED = (asks(1, "tools/list"), '{"jsonrpc": "2.0", "method": "notifications/initialized"}')


def tried(larder, extension, key):
    """`extension` is the file that the owner gets."""
    home = Path(larder.home)
    packed, unpacked = home / "larder.mcpb", home / "extension"
    packed.write_bytes(extension)
    for what in (("unpack", packed, unpacked), ("validate", unpacked / "manifest.json")):
        run = subprocess.run([NODE, MCPB, *what], cwd=home, text=True, capture_output=True, timeout=60)
        require(run.returncode == 0, f"mcpb {what[0]}: {run.stdout}{run.stderr}")
    program = [larder.binary, "mcp-stdio", "--url", larder.mcp_url]
    bridge = [NODE, unpacked / "server/index.mjs"]
    for name, lines, given, least in (("legacy", LEGACY, key, 30), ("modern", MODERN, key, 8), ("refused", REFUSED, "lrd_x", 1)):
        ours = said(program, {"LARDER_KEY": given}, lines)
        theirs = said(bridge, {"BRIDGE_URL": larder.mcp_url, "BRIDGE_TOKEN": given}, lines)
        require(len(ours) >= least, f"{least} answers expected: {ours}")
        for one, other in zip(ours, theirs, strict=True):
            require(one == other, f"{name}: mcp-stdio says\n{one}\nand the extension\n{other}")
        print(f"mcp-stdio and the extension, {name}: {len(ours)} answers, the same", flush=True)


def said(command, settings, lines):
    """What it says to these lines, in an order that does not depend on who was faster."""
    env = {"PATH": os.environ["PATH"]} | settings
    text = "".join(f"{line}\n" for line in lines)
    run = subprocess.run(command, env=env, input=text, encoding="utf-8", capture_output=True, timeout=60)
    require(run.returncode == 0, f"{command[0]} ended with {run.returncode}: {run.stderr}")
    # Each request has an id of its own.
    answers = [json.loads(line, object_hook=lambda said: {k: v for k, v in said.items() if k != "request_id"})
               for line in run.stdout.split("\n") if line]
    return sorted(answers, key=lambda answer: (str(answer.get("id")), json.dumps(answer)))
