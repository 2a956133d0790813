"""A running local host, and the requests that it is measured with."""

import json
import os
import select
import subprocess
import time
import urllib.parse
import urllib.request

MODERN, LEGACY = "2026-07-28", "2025-11-25"


class Running:
    """A program that says in its first line that it is ready. Ended at the end of the `with`."""

    def __init__(self, command, patience=10):
        self.command, self.patience = command, patience

    def __enter__(self):
        began = time.perf_counter()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        ready, _, _ = select.select([self.process.stdout], [], [], self.patience)
        self.first_line = self.process.stdout.readline().decode() if ready else ""
        self.ready_ms = (time.perf_counter() - began) * 1e3
        if not self.first_line:
            self.__exit__()
            raise SystemExit(f"{self.command[0]} did not start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def settle(self):
        """Until it does nothing for a while: what earlier requests left to do would be counted with later ones."""
        done = -1
        while done != (done := self.ticks()):
            time.sleep(0.3)

    def ticks(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            return sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))

    def cpu_seconds(self):
        return self.ticks() / os.sysconf("SC_CLK_TCK")

    def resident_mb(self):
        with open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            return next(int(line.split()[1]) for line in rollup if line.startswith("Rss:")) / 1024


class Larder(Running):
    def __init__(self, binary, data, under=(), options=(), **more):
        super().__init__([*under, binary, "--data", data, "--listen", "127.0.0.1:0", "--json", *options], **more)

    def __enter__(self):
        super().__enter__()
        said = json.loads(self.first_line)
        self.owner_token = said["owner_token"]
        self.address = urllib.parse.urlsplit(said["url"]).netloc
        return self

    def connection_key(self):
        limits = {"burst": None, "per_hour": None, "per_day": None}
        body = {"kind": "api", "name": "bench", "preset": "full_access", "limits": limits}
        return self.call("POST", "/connections", self.owner_token, body)["key"]

    def call(self, method, path, token, body=None, headers=()):
        """One call whose answer is looked at."""
        request = urllib.request.Request(f"http://{self.address}{path}", method=method)
        for name, value in {"Authorization": f"Bearer {token}", **dict(headers)}.items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


class Request:
    """What is sent over and over: one request, or several that take turns."""

    def __init__(self, name, method, paths, body=None, headers=(), status=200):
        self.name, self.method, self.paths = name, method, paths
        self.body, self.headers, self.status = body, dict(headers), status

    @classmethod
    def tool(cls, name, arguments, version):
        params = {"name": name, "arguments": arguments}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
        if version == MODERN:
            about = "io.modelcontextprotocol"
            params["_meta"] = {f"{about}/protocolVersion": version, f"{about}/clientCapabilities": {}}
            headers |= {"Mcp-Method": "tools/call", "Mcp-Name": name}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return cls(f"tools/call {name} ({version})", "POST", ["/mcp"], body, headers)

    @property
    def is_tool(self):
        return self.paths == ["/mcp"]

    def files(self, larder, key, folder):
        """The bytes to send, one file for each request."""
        body = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {"Host": larder.address, "Authorization": f"Bearer {key}", **self.headers}
        if self.body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": len(body)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        folder.mkdir(exist_ok=True)
        for nth, path in enumerate(self.paths):
            file = folder / f"request-{nth}"
            file.write_bytes(f"{self.method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            yield file

    def check(self, larder, key):
        """Sends it once and looks at the answer: a load of refusals would look fast."""
        answer = larder.call(self.method, self.paths[0], key, self.body, self.headers)
        if "result" in answer:
            answer = answer["result"].get("structuredContent", {})
        if not ("data" in answer and len(answer["data"]) == 20 or "title" in answer):
            raise SystemExit(f"{self.name} was answered {answer}")


def requests(tasks):
    one, page = [f"/v1/tasks/{task}" for task in tasks], {"limit": 20}
    return [
        Request("GET /v1/tasks?limit=20", "GET", ["/v1/tasks?limit=20"]),
        Request("GET /v1/tasks/{id}", "GET", one),
        Request.tool("list_tasks", page, MODERN),
        Request.tool("get_task", {"id": tasks[0]}, MODERN),
        Request.tool("list_tasks", page, LEGACY),
        Request.tool("get_task", {"id": tasks[0]}, LEGACY),
        create(),
    ]


def seeded(binary, data, tasks, meters, scratch):
    """Fills a data folder; answers a connection's key and the ids of a few tasks."""
    with Larder(binary, data) as larder:
        key, fill = larder.connection_key(), create()
        load(meters, larder, fill, fill.files(larder, key, scratch), "--count", str(tasks), "--status", "201")
        listed = larder.call("GET", "/v1/tasks?limit=8", key)["data"]
        larder.settle()
    return key, [task["id"] for task in listed]


def create():
    return Request("POST /v1/tasks", "POST", ["/v1/tasks"], {"title": "Water the plants"}, status=201)


def load(meters, larder, request, files, *options):
    """One burst of load on a server, and what it came to."""
    command = [meters / "load", "--to", larder.address, "--pid", str(larder.pid), *options, "--requests", *files]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"the load of {request.name} failed")
    figures = json.loads(done.stdout)
    if figures["wrong"]:
        raise SystemExit(f"{figures['wrong']} of the answers to {request.name} had another status")
    return figures
