"""All of an owner's data moves to a laptop and back."""

import json
import os
import subprocess
from tempfile import TemporaryDirectory

from .calls import require
from .hosts import binary
from .world import step

STAMPS = {"version", "source"}


@step()
def all_of_the_data_moves_to_a_laptop_and_back(journey):
    goal = journey.api.rest("POST", "/v1/goals", {"title": "Move"}).expect(201).json["id"]
    done = journey.api.make_task("Pack", goal_id=goal, due="2031-01-01", recurrence="FREQ=WEEKLY")["id"]
    journey.api.rest("PATCH", f"/v1/tasks/{done}", {"status": "completed"}).expect(200)
    journey.api.make_task("Unpack", depends_on=[done])
    host, files = journey.host, journey.host.scratch
    with TemporaryDirectory(prefix="larder-") as home:
        there, here = files / "there.json", files / "here.zip"
        larder(host.owner_token, "export", "--from", host.url, "--to", there)
        items = sum(map(len, lists(there).values()))
        require(counts(larder(None, "import", there, "--data", home)) == (items, 0, 0, 0, 0), "not all came in")
        larder(None, "export", "--data", home, "--to", files / "here.json")
        require(content(files / "here.json") == content(there), "it is not as it was")
        larder(None, "export", "--data", home, "--to", here)
        back = larder(host.owner_token, "import", here, "--into", host.url, "--replace")
        require(counts(back) == (0, 0, items, 0, 0), f"what comes back changed something: {back}")
        journey.api.rest("PATCH", f"/v1/goals/{goal}", {"title": "Move again"}).expect(200)
        kept = larder(host.owner_token, "import", here, "--into", host.url)
        require(counts(kept) == (0, 0, items - 1, 1, 0), f"what differs should stay: {kept}")
        back = larder(host.owner_token, "import", here, "--into", host.url, "--replace")
        require(counts(back) == (0, 1, items - 1, 0, 0), f"what differs should be replaced: {back}")
    seen = journey.api.rest("GET", f"/v1/goals/{goal}").expect(200).json
    require((seen["title"], seen["progress"]) == ("Move", 50), f"not the goal that it was: {seen}")


def larder(token, *arguments):
    """What it says, if it ends well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LARDER_")}
    environment |= {"LARDER_TOKEN": token} if token else {}
    run = subprocess.run([binary(), *arguments], text=True, capture_output=True, timeout=120, env=environment)
    require(run.returncode == 0, f"exit code {run.returncode}: {run.stdout}{run.stderr}")
    return run.stdout


def counts(said):
    """made, changed, there already, kept, refused"""
    return tuple(int(part.split()[0]) for part in said.splitlines()[0].split(": ")[1].split(", "))


def lists(file):
    return {name: items for name, items in json.loads(file.read_text()).items() if isinstance(items, list)}


def content(file):
    """But for who wrote it there, and in which version."""
    plain = lambda item: {name: value for name, value in item.items() if name not in STAMPS}
    return {name: [plain(item) for item in items] for name, items in lists(file).items()}
