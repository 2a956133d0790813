#!/usr/bin/env python3
"""Breaks what webhooks go through, with sockets and signals, and counts what arrived.

  tests/faults/run.py           quickly, with the debug build
  tests/faults/run.py --long    50 kills during 2,000 writes each, and 10,000 events, with the release build
  tests/faults/run.py sick      only one of killed, sick

Everything listens on loopback. What was random is said, so that it can be done again: `--seed`.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/bench")]

from faults import killed, sick  # noqa: E402
from measure import build  # noqa: E402

PARTS = {"killed": killed, "sick": sick}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("only", nargs="*", help=", ".join(PARTS))
    options.add_argument("--long", action="store_true")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = options.parse_args()
    print(f"seed {options.seed}", flush=True)
    larder, meters = built(options.long)
    with tempfile.TemporaryDirectory(prefix="larder-faults-") as scratch:
        parts = [PARTS[name] for name in options.only or PARTS]
        return int(not all([part.run(larder, meters, Path(scratch), options.long, options.seed) for part in parts]))


def built(is_release):
    if is_release:
        return build.local(), build.meters()
    for package in (["local"], ["bench", "--features", "meters"]):
        subprocess.run(["cargo", "build", "-q", "-p", *package], cwd=ROOT, check=True)
    return build.TARGET / "debug/larder", build.TARGET / "debug"


if __name__ == "__main__":
    sys.exit(main())
