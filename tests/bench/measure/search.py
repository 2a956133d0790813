"""How well memories are found, how fast, and how much is read for it."""

import subprocess

from . import build

AT_MOST_MS = 15
AT_MOST_MB = 1
QUESTIONS = {"one question": AT_MOST_MS, "three paraphrases": AT_MOST_MS, "the longest": None}


def measure(table):
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
