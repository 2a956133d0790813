"""How fast many records go in and out, and in how much memory."""

import json
import subprocess
import time

from .larder import Larder

RECORDS = 100_000
MOST_MB = 100
AT = "2027-01-15T08:00:00Z"
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def measure(binary, scratch, table):
    file, alone, served = scratch / "records.json", scratch / "alone", scratch / "served"
    with open(file, "w") as out:
        write(out)
    run(table, "import, larder not running", [binary, "import", file, "--data", alone])
    with Larder(binary, served) as larder:
        peak = lambda: high_water_mb(larder.pid)
        run(table, "import, larder running", [binary, "import", file, "--data", served], peak)
        run(table, "the same import again", [binary, "import", file, "--data", served], peak)
        larder.settle()
        for name in ("export.json", "export.zip"):
            run(table, f"export to {name}", [binary, "export", "--to", scratch / name, "--data", served], peak)
        table.row("memory of larder, all of it sealed and exported", peak(), None, "MB", below=MOST_MB)
    sizes = [(scratch / name).stat().st_size / 1e6 for name in ("export.json", "export.zip")]
    table.row(f"{RECORDS:,} records as JSON", sizes[0], None, "MB", more=f"({sizes[1]:.1f} zipped)")


def run(table, name, command, server=None):
    """Its rate, and the most memory that it had, and larder beside it."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, high_water_mb(process.pid))
            time.sleep(0.02)
    if process.returncode != 0:
        raise SystemExit(f"{name} ended with {process.returncode}")
    table.row(f"{name}, {RECORDS:,} records", RECORDS / (time.perf_counter() - began), None, "/s")
    beside = f"(larder beside it {server():.1f})" if server else ""
    table.row(f"{name}: most memory", peak, None, "MB", below=MOST_MB, more=beside)


def high_water_mb(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return max((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), default=0) / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0


def write(out):
    """A line at a time: what measures memory needs none itself."""
    stamps = {"created_at": AT, "updated_at": AT}
    books = {"id": "books", "name": "books", **stamps}
    out.write(f'{{"larder":1,"collections":[{json.dumps(books)}],"records":[')
    for nth in range(RECORDS):
        data = {"title": f"Book {nth}", "pages": nth % 900, "about": f"What {nth} says of itself. " * 8}
        record = {"id": record_id(nth), "collection": "books", "data": data, "tags": ["read"], **stamps}
        out.write(("," if nth else "") + "\n" + json.dumps(record))
    out.write("]}\n")


def record_id(nth):
    digits = ""
    for _ in range(16):
        nth, digit = divmod(nth, 32)
        digits = DIGITS[digit] + digits
    return f"rec_06hhgq2g0{digits}0"
