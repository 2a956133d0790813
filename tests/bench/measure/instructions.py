"""Instructions per request of the local host, counted by callgrind: one request after the other, so that the figure
is the same on a busy machine and on a quiet one."""

import shutil

from .larder import Larder, load, requests, seeded

TASKS = 1000
WARM, COUNTED = 20, 200


def measure(binary, meters, scratch, table):
    if not shutil.which("valgrind"):
        table.note("Instructions were not counted: valgrind is not installed.")
        return
    data = scratch / "data"
    key, tasks = seeded(binary, data, TASKS, meters, scratch)
    for request in requests(tasks):
        # What is done once, at the start and for the first requests, is in both and so in neither.
        few, many = (count(binary, data, key, request, sent, meters, scratch) for sent in (WARM, WARM + COUNTED))
        table.row(request.name, (many - few) / COUNTED / 1e3, unit="k instructions")
    table.note(f"Instructions in user mode for each of {COUNTED} requests, sent one after the other, {TASKS:,} tasks "
               "stored; the work that follows a request, such as handing on changes, is in them.")


def count(binary, data, key, request, sent, meters, scratch):
    """Instructions of one life in which so many requests were answered, on a copy of the data."""
    copy, out = scratch / "copy", scratch / "callgrind.out"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    with Larder(binary, copy, under=valgrind, patience=60) as larder:
        files = request.files(larder, key, scratch)
        load(meters, larder, request, files, "--connections", "1", "--count", str(sent), "--status",
             str(request.status))
        larder.settle()
    return next(int(line.split()[1]) for line in out.read_text().splitlines() if line.startswith("totals:"))
