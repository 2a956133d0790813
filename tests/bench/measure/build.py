"""Release binaries, each built as it is deployed."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LAMBDA_TOOLS = Path(os.environ.get("LARDER_CACHE", ROOT / ".tools")) / "lambda/bin"
FUNCTIONS = ["approvals", "audit", "connections", "data", "mcp", "oauth", "changes", "deliver", "due"]


def local():
    cargo("build", "--release", "-p", "local")
    return TARGET / "release/larder"


def meters():
    """The folder of the programs that measure. Built apart, so that nothing else is given their features."""
    cargo("build", "--release", "-p", "bench", "--features", "meters")
    return TARGET / "release"


def bare():
    """The server with which MCP's own library is measured, built apart for the same reason."""
    cargo("build", "--release", "-p", "bench", "--features", "bare", "--bin", "bare")
    return TARGET / "release/bare"


def hello(table):
    """A Lambda that only says hello, built as the functions are where their tools are there."""
    if not LAMBDA_TOOLS.is_dir():
        table.note("The hello-world Lambda was built for this machine only: tests/setup/install was not run.")
        cargo("build", "--profile", "lambda", "-p", "bench", "--features", "hello", "--bin", "hello")
        return TARGET / "lambda/hello"
    architecture = "--arm64" if platform.machine() in ("arm64", "aarch64") else "--x86-64"
    into = TARGET / "bench"
    cargo("lambda", "build", "--profile", "lambda", "--disable-optimizations", architecture, "--lambda-dir", str(into),
          "-p", "bench", "--features", "hello", "--bin", "hello")
    return into / "hello/bootstrap"


def functions(table):
    """The deployable functions by name, through the build step of the full test run."""
    if not LAMBDA_TOOLS.is_dir():
        table.note("The functions were not measured: tests/setup/install installs what builds them.")
        return {}
    if subprocess.run([ROOT / "tests/run", "build"], stdout=sys.stderr).returncode != 0:
        table.note("The functions were not measured: `tests/run build` failed.")
        return {}
    return {name: ROOT / "target/lambda" / name / "bootstrap" for name in FUNCTIONS}


def seed():
    """What fills the stand-in for AWS. It is not measured, so it may be the quick build that the tests use."""
    cargo("build", "-p", "bench", "--features", "seed", "--bin", "seed")
    return TARGET / "debug/seed"


def cargo(*arguments, stdout=sys.stderr):
    path = f"{LAMBDA_TOOLS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["cargo", *arguments], cwd=ROOT, stdout=stdout, text=True,
                          env={**os.environ, "PATH": path})
    if done.returncode != 0:
        sys.exit(f"cargo {' '.join(arguments)} failed")
    return done.stdout


def median(group, name):
    """What the last run of a criterion benchmark measured, in ns."""
    folders = [TARGET / "criterion" / group / folder for folder in (name.replace(" ", "_"), name)]
    folder = next(folder for folder in folders if folder.is_dir())
    return json.loads((folder / "new/estimates.json").read_text())["median"]["point_estimate"]
