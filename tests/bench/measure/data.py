"""What a list or an item costs each store, beside few tasks and beside many. The tests themselves fail beyond a tenth."""

import os
import subprocess

from . import build

MANY = 100_000
AT_MOST = 1.1
# Of SQLite the rows that are read, through the whole host; of DynamoDB its answers.
STORES = {"SQLite": ["-p", "it"], "DynamoDB": ["-p", "aws", "--all-features", "--test", "it"]}
TEST = "reads::a_page_costs_the_same_however_much_there_is"


def measure(table):
    os.environ["LARDER_MANY"] = str(MANY)
    for store, package in STORES.items():
        said = build.cargo("test", *package, "--", "--nocapture", "--exact", TEST, stdout=subprocess.PIPE)
        for line in said.splitlines():
            match line.split("\t"):
                case ["reads", path, many, _, few_bytes, calls, bytes_read]:
                    table.row(f"{store}: GET {path} beside {int(many):,} tasks, as the floor beside 100: read",
                              int(bytes_read) / 1000, int(few_bytes) / 1000, "kB", below=AT_MOST * int(few_bytes) / 1000,
                              more=f"in {calls} calls")
