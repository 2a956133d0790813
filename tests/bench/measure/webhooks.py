"""What a change costs until it has arrived at those who are told of it."""

import http.client
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from . import build
from .larder import Larder, create, load
from .sink import Sink, hooks

ENDPOINTS, WRITES = 20, 2_000
DELIVERIES_PER_CPU_SECOND = 4_000
PACED, PER_SECOND = 500, 50
ARRIVES_WITHIN_MS = 10
OTHERS, MOST_BESIDE_THEM = 1_000, 1.1
MOST_DOLLARS = 1.60
PRICES = "prices::a_million_deliveries_by_tens_cost_at_most_a_dollar_sixty"


def measure(binary, meters, scratch, table):
    delivered(binary, meters, scratch, table)
    soon(binary, meters, scratch, table)
    beside_others(binary, meters, scratch, table)
    price(table)


def delivered(binary, meters, scratch, table):
    """Processor time of all that a write sets off, the write itself and its sealing included."""
    with Sink(meters, f"ok:{ENDPOINTS}") as sink, started(binary, scratch / "delivered", sink) as larder:
        key, post = larder.connection_key(), create()
        files = list(post.files(larder, key, scratch))
        alone = cost(larder, lambda: write(meters, larder, post, files))
        hooks(larder, sink.endpoints)

        def write_and_deliver():
            write(meters, larder, post, files)
            if not sink.until(WRITES * ENDPOINTS, 300):
                raise SystemExit(f"{sink.count()} of {WRITES * ENDPOINTS} deliveries arrived")

        whole = cost(larder, write_and_deliver)
    count = WRITES * ENDPOINTS
    table.row(f"{WRITES:,} writes told to {ENDPOINTS} webhooks: deliveries per CPU second", count / whole, None, "/s",
              at_least=DELIVERIES_PER_CPU_SECOND, more=f"({count / (whole - alone):,.0f} without the writes)")


def soon(binary, meters, scratch, table):
    with Sink(meters, "ok:1") as sink, started(binary, scratch / "soon", sink) as larder:
        hooks(larder, sink.endpoints)
        sent = Writer(larder, larder.connection_key(), PER_SECOND).write(PACED)
        if not sink.until(PACED, 30):
            raise SystemExit(f"{sink.count()} of {PACED} deliveries arrived")
        took = sorted(arrival.at - sent[arrival.subject] for arrival in sink.arrivals())
    table.row(f"{PER_SECOND} writes a second: from the answer to the webhook, p50", median(took) * 1e3, None, "ms",
              below=ARRIVES_WITHIN_MS, more=f"(p99 {took[len(took) * 99 // 100] * 1e3:.1f})")


def beside_others(binary, meters, scratch, table):
    """What a change that one webhook is told of costs beside many that do not ask for it."""
    spent = {}
    for others in (0, OTHERS):
        with Sink(meters, "ok:1") as sink, started(binary, scratch / f"beside-{others}", sink) as larder:
            key, post = larder.connection_key(), create()
            files = list(post.files(larder, key, scratch))
            hooks(larder, sink.endpoints)
            hooks(larder, sink.endpoints * others, "goals")
            # Who listens is read once, and then remembered.
            Writer(larder, key).write(1)

            def write_and_deliver():
                write(meters, larder, post, files)
                if not sink.until(1 + WRITES, 60):
                    raise SystemExit(f"{sink.count()} of {WRITES} deliveries arrived")

            spent[others] = cost(larder, write_and_deliver) / WRITES * 1e6
    table.row(f"a write and its delivery beside {OTHERS:,} webhooks that do not hear of it, as the floor beside none: CPU",
              spent[OTHERS], spent[0], "µs", below=spent[0] * MOST_BESIDE_THEM)


def price(table):
    said = build.cargo("test", "-p", "it", "--", "--nocapture", "--exact", PRICES, stdout=subprocess.PIPE)
    parts = [line.split("\t")[1:] for line in said.splitlines() if line.startswith("price\t")]
    for batch, at_most in (("1", None), ("10", MOST_DOLLARS)):
        *own, (_, total) = [(what, float(dollars)) for of, what, dollars in parts if of == batch]
        table.row(f"a million deliveries on AWS, {batch} at once, each taken at its first try within 0.1 s: counted calls at "
                  "list prices", total, None, "$", below=at_most,
                  more=f"({', '.join(f'{what} {dollars:.2f}' for what, dollars in own)})")


def started(binary, data, sink):
    return Larder(binary, data, options=["--outbound-allow", ",".join(sink.endpoints)])


def write(meters, larder, post, files):
    load(meters, larder, post, files, "--count", str(WRITES), "--status", "201")


def cost(larder, work):
    """Seconds of processor that it takes, with what it leaves to do."""
    larder.settle()
    before = larder.cpu_seconds()
    work()
    larder.settle()
    return larder.cpu_seconds() - before


class Writer:
    """Makes tasks at a pace, over connections that are kept; knows when each was answered. A hand stops once nobody
    answers it."""

    def __init__(self, larder, key, per_second=float("inf"), hands=4):
        self.larder, self.key, self.per_second, self.hands = larder, key, per_second, hands
        self.sent = {}

    def write(self, count):
        began = time.monotonic()
        with ThreadPoolExecutor(self.hands) as hands:
            # Through the list, what went wrong in one of them is raised here.
            list(hands.map(lambda nth: self.hand(range(nth, count, self.hands), began), range(self.hands)))
        return self.sent

    def hand(self, turns, began):
        there = http.client.HTTPConnection(self.larder.address, timeout=30)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        for turn in turns:
            time.sleep(max(0, began + turn / self.per_second - time.monotonic()))
            try:
                there.request("POST", "/v1/tasks", json.dumps({"title": f"Task {turn}"}), headers)
                answer = there.getresponse()
                task = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                return
            if answer.status != 201:
                raise SystemExit(f"a write was answered {answer.status}: {task}")
            self.sent[task["id"]] = time.time()
