"""What one decision costs, as criterion measures it."""

import json

from . import build

AT_MOST_US = 2
GRANTS = {"50 rules": "a grant of 50 rules", "50 rules with hours": "a grant of 50 rules, each with hours"}


def measure(table):
    build.cargo("bench", "-p", "bench", "--features", "decide", "--bench", "decide", "--", "--noplot")
    for name, said in GRANTS.items():
        folder = build.TARGET / "criterion/decide" / name.replace(" ", "_")
        if not folder.is_dir():
            folder = build.TARGET / "criterion/decide" / name
        estimates = json.loads((folder / "new/estimates.json").read_text())
        table.row(f"decide() on {said}", estimates["median"]["point_estimate"] / 1000, None, "µs", below=AT_MOST_US)
