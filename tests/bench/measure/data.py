"""What a list or an item costs the store, beside few tasks and beside many. The test itself fails beyond a tenth."""

import os
import subprocess

from . import build

MANY = 100_000
AT_MOST = 1.1


def measure(table):
    os.environ["LARDER_MANY"] = str(MANY)
    said = build.cargo("test", "-p", "it", "--", "--nocapture", "--exact",
                       "reads::a_page_costs_the_same_however_much_there_is", stdout=subprocess.PIPE)
    for line in said.splitlines():
        match line.split("\t"):
            case ["reads", path, many, _, few_bytes, calls, bytes_read]:
                table.row(f"GET {path} beside {int(many):,} tasks, as the floor beside 100: read", int(bytes_read) / 1000,
                          int(few_bytes) / 1000, "kB", below=AT_MOST * int(few_bytes) / 1000, more=f"in {calls} calls")
