"""The local host under load, in turns with a server that answers as much and does nothing."""

from statistics import median

from .larder import Larder, Running, load, requests, seeded

TASKS = 1000
STARTS = 7
ROUNDS = 3
BURST = ["--connections", "32", "--warm", "0.3", "--seconds", "1.5"]

# Of processor time, with key, grant, limits and audit on.
CALLS_PER_CPU_SECOND = 15_000

AT_LEAST = {"GET /v1/tasks?limit=20": 10_000, "tools/call": 5_000}
RESIDENT_BELOW_MB = 40

FIGURES = [("p50", "p50_ms", "ms"), ("p99", "p99_ms", "ms"), ("CPU", "cpu_us", "µs")]


def measure(binary, meters, bare, scratch, table):
    data = scratch / "data"
    key, tasks = seeded(binary, data, TASKS, meters, scratch)
    starts = [started(lambda: Larder(binary, data)) for _ in range(STARTS)]
    floor_starts = [started(lambda: floor(meters, 1)) for _ in range(STARTS)]
    with Larder(binary, data) as larder:
        # One call first: what every call needs and a start alone does not is made then.
        larder.call("GET", "/v1/tasks", key)
        idle = larder.resident_mb()
        for request in requests(tasks):
            request.check(larder, key)
            files = list(request.files(larder, key, scratch))
            compare(larder, request, files, meters, table)
            if request.is_tool:
                beside_bare(larder, request, files, meters, bare, table)
        loaded = larder.resident_mb()
    with floor(meters, 1) as still:
        floor_idle = still.resident_mb()

    table.row("memory, idle", idle, floor_idle, "MB", below=RESIDENT_BELOW_MB)
    table.row("memory, after the load", loaded, None, "MB", below=RESIDENT_BELOW_MB)
    table.row(f"start to ready, {TASKS:,} tasks stored", median(starts), median(floor_starts), "ms",
              more=f"(least {min(starts):.1f})")
    sizes = [file.stat().st_size / 1e6 for file in (binary, meters / "floor")]
    table.row("binary", *sizes, "MB")
    table.note("Local host: 32 keep-alive connections, load and server on the same processors; median of "
               f"{ROUNDS} bursts, each in turn with the floor: hyper, answering every request with as many bytes.")


def compare(larder, request, files, meters, table):
    options = [*BURST, "--status", str(request.status)]
    own, least = [], []
    for _ in range(ROUNDS):
        own.append(load(meters, larder, request, files, *options))
        with floor(meters, own[0]["most_bytes"]) as still:
            least.append(load(meters, still, request, files, *BURST))
    middle = lambda bursts, name: median(burst[name] for burst in bursts)
    wanted = next((AT_LEAST[name] for name in AT_LEAST if request.name.startswith(name)), None)
    table.row(request.name, middle(own, "per_second"), middle(least, "per_second"), "/s", at_least=wanted)
    for what, name, unit in FIGURES:
        table.row(f"{request.name}: {what}", middle(own, name), middle(least, name), unit)


def beside_bare(larder, request, files, meters, bare, table):
    """Beside the library that speaks the protocol, which knows nobody and keeps nothing."""
    own, least = [], []
    for _ in range(ROUNDS):
        own.append(load(meters, larder, request, files, *BURST))
        with Floor([bare, "--bytes", str(own[0]["most_bytes"])]) as still:
            least.append(load(meters, still, request, files, *BURST))
    per_second = lambda bursts: 1e6 / median(burst["cpu_us"] for burst in bursts)
    at_least = CALLS_PER_CPU_SECOND if "list_tasks" in request.name else None
    table.row(f"{request.name}: calls per CPU second, the floor a bare server of MCP", per_second(own),
              per_second(least), "/s", at_least=at_least)


def started(server):
    with server() as running:
        return running.ready_ms


def floor(meters, size):
    return Floor([meters / "floor", "--bytes", str(size)])


class Floor(Running):
    def __enter__(self):
        super().__enter__()
        self.address = self.first_line.strip()
        return self
