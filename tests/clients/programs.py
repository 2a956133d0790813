"""Agents' command lines, each in an empty home, connect with a key and, where it can be done without a desktop, by OAuth."""

import json
import os
import pty
import re
import select
import subprocess
import termios
import time
from contextlib import contextmanager
from pathlib import Path

from clients.browser import free_port
from journey.calls import Failed, call, require
from journey.hosts import TOOLS

PACKAGES = TOOLS / "npm/node_modules"
# What its package installs for this machine, and would have put into its place if it might run scripts.
CLAUDE = next(iter(PACKAGES.glob("@anthropic-ai/claude-code-*/claude")), "claude")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Home:
    """Where one program keeps what it is told."""

    def __init__(self, larder, name, **more):
        self.folder = Path(larder.home) / name
        self.folder.mkdir()
        # They ask nobody but Larder.
        quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        self.env = {"HOME": str(self.folder), "PATH": f"{TOOLS / 'node/bin'}:{PACKAGES / '.bin'}:{os.environ['PATH']}", "BROWSER": "true"}
        self.env |= quiet | more

    def runs(self, *command):
        run = subprocess.run(command, env=self.env, cwd=self.folder, text=True, capture_output=True, timeout=90,
                             stdin=subprocess.DEVNULL)
        said = ESCAPES.sub("", run.stdout + run.stderr)
        require(run.returncode == 0, f"{command}: {said[-2000:]}")
        return said

    @contextmanager
    def starts(self, *command, **streams):
        with subprocess.Popen(command, env=self.env, cwd=self.folder, **streams) as process:
            try:
                yield process
            finally:
                process.kill()


def tried(larder, key, tools, browser):
    claude(larder, key)
    claude_by_oauth(larder, browser)
    codex(larder, key, tools)
    codex_by_oauth(larder, browser)
    gemini(larder, key)
    remote(larder, key, tools)
    remote_by_oauth(larder, browser)


def claude(larder, key):
    home = Home(larder, "claude")
    home.runs(CLAUDE, "mcp", "add", "--transport", "http", "larder", larder.mcp_url, "--header", f"Authorization: Bearer {key}")
    require("✔ Connected" in home.runs(CLAUDE, "mcp", "list"), "connected expected")
    print("Claude Code, key: ok", flush=True)


def claude_by_oauth(larder, browser):
    home, port = Home(larder, "claude-oauth"), free_port()
    # Its own description lies where a test does not go: it is told who it is.
    about = {"client_name": "Claude Code", "redirect_uris": [f"http://localhost:{port}/callback"],
             "token_endpoint_auth_method": "none"}
    client = call("POST", f"{larder.url}/register", about).expect(201).json["client_id"]
    home.runs(CLAUDE, "mcp", "add", "--transport", "http", "--client-id", client, "--callback-port", str(port), "larder",
              larder.mcp_url)
    ours, its = pty.openpty()  # it asks nobody but a terminal
    termios.tcsetwinsize(its, (50, 4_000))  # the address is on one line
    try:
        with home.starts(CLAUDE, "mcp", "login", "larder", "--no-browser", stdin=its, stdout=its, stderr=its) as process:
            os.close(its)
            logged_in(browser, process, ours, lambda back: os.write(ours, f"{back}\r".encode()))
    finally:
        os.close(ours)
    require("✔ Connected" in home.runs(CLAUDE, "mcp", "list"), "connected expected")
    print("Claude Code, OAuth: ok", flush=True)


def codex(larder, key, tools):
    home = Home(larder, "codex", LARDER_KEY=key)
    configured(home, larder, 'bearer_token_env_var = "LARDER_KEY"')
    require(len(listed(home)) == tools, "other tools")
    print("Codex, key: ok", flush=True)


def codex_by_oauth(larder, browser):
    home = Home(larder, "codex-oauth")
    configured(home, larder)
    command = ("codex", "mcp", "login", "larder", "--no-browser", "--oauth-client-registration", "dcr")
    with home.starts(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        def says(line):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()

        logged_in(browser, process, process.stdout.fileno(), says)
    # It was not let in to delete.
    names = listed(home)
    require("create_task" in names and "delete_task" not in names, f"other tools: {sorted(names)}")
    print("Codex, OAuth: ok", flush=True)


def configured(home, larder, *more):
    (home.folder / ".codex").mkdir()
    lines = ("check_for_update_on_startup = false", "[mcp_servers.larder]", f'url = "{larder.mcp_url}"', *more)
    (home.folder / ".codex/config.toml").write_text("\n".join(lines))


def listed(home):
    """The tools that Codex knows of, as its app server tells them."""
    with home.starts("codex", "app-server", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        def says(message):
            server.stdin.write(json.dumps(message).encode() + b"\n")
            server.stdin.flush()

        says({"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "clients", "version": "1"}}})
        says({"method": "initialized"})
        for number in range(2, 30):  # until it has connected
            says({"id": number, "method": "mcpServerStatus/list", "params": {}})
            said = read(server.stdout.fileno(), lambda text: re.search(rf'"id":{number}\b.*\n', text))
            answers = [json.loads(line) for line in said.splitlines() if f'"id":{number}' in line]
            of = next(one for one in answers[0]["result"]["data"] if one["name"] == "larder")
            if of["tools"]:
                return set(of["tools"])
            time.sleep(1)
    raise Failed(f"no tools: {of}")


def gemini(larder, key):
    home = Home(larder, "gemini", GEMINI_CLI_TRUST_WORKSPACE="true")
    home.runs("gemini", "mcp", "add", "--scope", "user", "--transport", "http", "larder", larder.mcp_url, "--header",
              f"Authorization: Bearer {key}")
    said = home.runs("gemini", "mcp", "list")
    require("Connected" in said and "Disconnected" not in said, f"connected expected: {said}")
    print("Gemini, key: ok", flush=True)


REMOTE = ("--transport", "http-only")


def remote(larder, key, tools):
    """mcp-remote, which stands for a server as `larder mcp-stdio` does."""
    home = Home(larder, "remote")
    (home.folder / "headers").write_text(f"Authorization: Bearer {key}\n")
    command = ("mcp-remote", larder.mcp_url, "--header-file", home.folder / "headers", *REMOTE)
    with home.starts(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        require(len(through(process)) == tools, "other tools")
    print("mcp-remote, key: ok", flush=True)


def remote_by_oauth(larder, browser):
    home = Home(larder, "remote-oauth")
    command = ("mcp-remote", larder.mcp_url, str(free_port()), *REMOTE)
    with home.starts(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        url = browser.asked(read(process.stderr.fileno(), browser.asked))
        browser.goes_on(browser.lets_in(url))
        names = through(process)
    require("create_task" in names and "delete_task" not in names, f"other tools: {sorted(names)}")
    print("mcp-remote, OAuth: ok", flush=True)


def through(process):
    """The tools that are listed over standard input and output."""
    def says(**message):
        process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")
        process.stdin.flush()

    def answer(number):
        said = read(process.stdout.fileno(), lambda text: re.search(rf'"id":{number}\b.*\n', text))
        return next(json.loads(line) for line in said.splitlines() if f'"id":{number}' in line)

    client = {"name": "clients", "version": "1"}
    says(id=1, method="initialize", params={"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
    answer(1)
    says(method="notifications/initialized")
    says(id=2, method="tools/list", params={})
    return {tool["name"] for tool in answer(2)["result"]["tools"]}


def logged_in(browser, process, stream, says):
    """Lets the program in whose login prints an address, and is given the one that the browser is sent to."""
    url = browser.asked(read(stream, browser.asked))
    says(browser.lets_in(url))
    said = read(stream, lambda _: process.poll() is not None)
    require(process.wait(20) == 0, f"exit code {process.returncode}: {said[-1000:]}")


def read(stream, until, within=60):
    """What a program says, until that is enough, or for as long as it says something."""
    said, deadline = "", time.monotonic() + within
    while not until(said):
        require(time.monotonic() < deadline, f"not within {within} s: {said[-2000:]}")
        if select.select([stream], [], [], 0.2)[0]:
            try:
                part = os.read(stream, 65_536)
            except OSError:  # a terminal whose program is gone
                break
            if not part:
                break
            said += part.decode(errors="replace")
    return said
