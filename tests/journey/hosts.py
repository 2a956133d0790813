"""Where Larder runs: deployed to the local AWS, or as the `larder` process on this machine."""

import json
import os
import secrets
import select
import signal
import subprocess
from pathlib import Path

from .calls import Answer, Failed, call, hide_secrets, require

ROOT = Path(__file__).resolve().parent.parent.parent
STATE = ROOT / "target/local-aws"
TOOLS = Path(os.environ.get("LARDER_CACHE", ROOT / ".tools"))


class Deployed:
    """What tests/deploy.py deployed. Each journey is an owner of its own, so that none meets another's data."""

    def __init__(self):
        try:
            told = json.loads((STATE / "deployed.json").read_text())
        except FileNotFoundError:
            raise Failed("nothing is deployed: run tests/local-aws/start.sh and tests/deploy.py first") from None
        self.url, self.mcp_url, self.token_url = told["url"], told["mcp_url"], told["token_url"]
        self.receiver, self.aws = told["receiver"], told["aws"]
        self.scratch = STATE / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.owner = f"journey-{secrets.token_hex(8)}"  # as the issuer knows them
        self.owner_token = self.token(sub=self.owner)

    def token(self, **claims):
        """A token of an owner that nobody has been yet, unless the claims name another."""
        claims = {"sub": f"journey-{secrets.token_hex(8)}"} | claims
        return call("POST", self.token_url, claims).expect(200).json["token"]

    def everything_written(self):
        """The text of every log, row, message and file, by name."""
        dump = [TOOLS / "mini/bin/python", ROOT / "tests/local-aws/dump.py", STATE / "dump"]
        subprocess.run(dump, env=self.aws, check=True)
        return texts([*STATE.glob("*.log"), *(STATE / "dump").iterdir(), *self.scratch.iterdir()])


class Larder:
    """A `larder` process on a data folder; the folder outlives it."""

    def __init__(self, binary, home, allow=""):
        self.binary, self.home, self.allow = binary, Path(home), allow
        self.data, self.log = self.home / "data", self.home / "larder.log"
        self.scratch = self.home / "scratch"
        self.scratch.mkdir()
        self.process = None

    def command(self, *arguments):
        """Runs it to its end, with nothing of the caller's own settings."""
        return subprocess.Popen(
            [self.binary, *arguments], cwd=self.home, env={"HOME": str(self.home)}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log.open("a"))

    def start(self):
        require(self.process is None, "it runs already")
        self.process = self.command(
            "--data", self.data, "--listen", "127.0.0.1:0", "--json", "--outbound-allow", self.allow,
            "--log", "debug")
        speaks, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if speaks else ""  # empty, too, if it ends before it is ready
        if not line:
            raise Failed(f"larder did not start, exit code {self.gone()}:\n{self.log_tail()}")
        told = json.loads(line)
        self.url, self.mcp_url = told["url"], told["mcp"]
        self.sign_in, self.owner_token = told["sign_in"], told["owner_token"]
        return self

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGTERM)

    def gone(self, within=20):
        """Its exit code, once it is gone."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failed(f"larder still runs after {within} s") from None
        self.process.stdout.close()
        self.process = None
        return code

    def stop(self):
        self.ask_to_stop()
        code = self.gone()
        require(code == 0, f"exit code {code} after SIGTERM:\n{self.log_tail()}")

    def kill(self):
        if self.process:
            self.process.kill()
            self.gone()

    def refuses_to_start(self, listen="127.0.0.1:0"):
        """The one sentence that it gives as the reason."""
        Answer.last = None  # has nothing to do with this
        refused = [self.binary, "--data", self.data, "--listen", listen, "--json"]
        try:
            run = subprocess.run(
                refused, cwd=self.home, env={"HOME": str(self.home)}, text=True, timeout=10,
                stdin=subprocess.DEVNULL, capture_output=True)
        except subprocess.TimeoutExpired:
            raise Failed("it starts, but it should refuse") from None
        said = run.stderr.strip()
        require(run.returncode > 0, f"exit code {run.returncode}, but it should refuse: {run.stdout}{said}")
        require(run.stdout == "" and said and "\n" not in said, f"one sentence expected:\n{run.stdout}{said}")
        require("panicked" not in said and "Error {" not in said, f"not a sentence: {said}")
        return said

    def everything_written(self):
        """The text of every log and file, by name. It is stopped for that: then all is in the files."""
        self.stop()
        return texts([self.log, *self.data.iterdir(), *self.scratch.iterdir()])

    def log_tail(self):
        return hide_secrets("\n".join(self.log.read_text(errors="replace").splitlines()[-20:]))


def texts(paths):
    return [(path.name, path.read_bytes().decode("latin-1")) for path in paths]


def binary(package="local", name="larder", features=()):
    """What cargo builds, or for the product $LARDER_BIN."""
    if name == "larder" and os.environ.get("LARDER_BIN"):
        return Path(os.environ["LARDER_BIN"]).resolve()
    build = ["cargo", "build", "--quiet", "-p", package, "--bin", name, "--features", ",".join(features),
             "--message-format=json"]
    built = subprocess.run(build, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    require(built.returncode == 0, "cargo build failed")
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return next(Path(message["executable"]) for message in reversed(messages) if message.get("executable"))
