"""How well memories are found, how fast, and how much is read for it."""

import json
import sqlite3
import subprocess

from . import build
from .larder import Larder, Request, load

AT_MOST_MS = 15
AT_MOST_MB = 1
QUESTIONS = {"one question": AT_MOST_MS, "three paraphrases": AT_MOST_MS, "the longest": None}

MEMORIES = 10_000
WORDS = "anna bo tea garden bicycle morning doctor allergy invoice school piano winter train lamp bread meeting".split()


def measure(larder, meters, scratch, table):
    said = build.cargo("bench", "-p", "bench", "--features", "search", "--bench", "search", "--", "--noplot",
                       stdout=subprocess.PIPE)
    for line in said.splitlines():
        match line.split("\t"):
            case ["recall", group, words, spelling, both, among]:
                more = f"(words alone {float(words):.2f}, spelling alone {float(spelling):.2f}, among 10,000: {float(among):.2f})"
                table.row(f"recall@5 of 60 memories, {group}", float(both), more=more)
            case ["bytes", size]:
                table.row("rows of 1,000 memories", int(size) / 1e6, None, "MB", below=AT_MOST_MB)
    for name, below in QUESTIONS.items():
        table.row(f"search over 10,000 memories, {name}", build.median("search", name) / 1e6, None, "ms", below=below)
    hosted(larder, meters, scratch, table)


def hosted(binary, meters, scratch, table):
    """The same through the local host: a call over HTTP, its entries read from the file."""
    data = scratch / "memories"
    with Larder(binary, data) as larder:
        key = larder.connection_key()
        make = Made(MEMORIES)
        load(meters, larder, make, make.files(larder, key, scratch / "made"), "--connections", "1",
             "--count", str(MEMORIES), "--status", "201")
        larder.settle()
        for name, body in (("one question", {"query": "who has an allergy"}),
                           ("three paraphrases", {"query": "who has an allergy", "queries": ["doctor", "bread", "winter tea"]})):
            request = Request(name, "POST", ["/v1/memories/search"], body)
            burst = load(meters, larder, request, list(request.files(larder, key, scratch)),
                         "--connections", "1", "--warm", "1", "--seconds", "4", "--status", "200")
            table.row(f"POST /v1/memories/search of {MEMORIES:,}, {name}: CPU", burst["cpu_us"] / 1e3, None, "ms", below=AT_MOST_MS)
    table.row("entries that a search reads, keys included, of 1,000 memories", entries_mb(data / "larder.db"), None, "MB",
              below=AT_MOST_MB)


def entries_mb(file):
    with sqlite3.connect(file) as store:
        asked = "SELECT count(*), sum(length(sort) + length(body)) FROM entry WHERE sort LIKE 'find/_/%'"
        count, size = store.execute(asked).fetchone()
    if count != MEMORIES:
        raise SystemExit(f"{count} entries of {MEMORIES} memories")
    return size * 1000 / count / 1e6


class Made(Request):
    """Memories of which no two say the same: as many requests as there are to be."""

    def __init__(self, count):
        super().__init__("POST /v1/memories", "POST", ["/v1/memories"] * count, status=201)

    def files(self, larder, key, folder):
        folder.mkdir(exist_ok=True)
        for nth in range(len(self.paths)):
            words = " ".join(WORDS[(nth * step + step) % len(WORDS)] + str(nth % (7 * step) if step > 3 else "")
                             for step in range(1, 46))
            body = json.dumps({"content": f"{nth} {words}", "tags": ["bench"]}).encode()
            head = (f"POST /v1/memories HTTP/1.1\r\nHost: {larder.address}\r\nAuthorization: Bearer {key}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
            file = folder / str(nth)
            file.write_bytes(head.encode() + body)
            yield file
