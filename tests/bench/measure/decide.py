"""What one decision costs, as criterion measures it."""

from . import build

AT_MOST_US = 2
GRANTS = {"50 rules": "a grant of 50 rules", "50 rules with hours": "a grant of 50 rules, each with hours"}


def measure(table):
    build.cargo("bench", "-p", "bench", "--features", "decide", "--bench", "decide", "--", "--noplot")
    for name, said in GRANTS.items():
        table.row(f"decide() on {said}", build.median("decide", name) / 1000, None, "µs", below=AT_MOST_US)
