"""Endpoints that webhooks are sent to, and what arrived at them."""

import json
import time
import urllib.request
from collections import Counter
from pathlib import Path

from .larder import Running


class Sink(Running):
    """`endpoints` as in `ok:9,down:5`; bad ones are bad until they are mended."""

    def __init__(self, meters, endpoints, *options):
        super().__init__([Path(meters) / "sink", "--endpoints", endpoints, *options])

    def __enter__(self):
        super().__enter__()
        self.known = []
        said = json.loads(self.first_line)
        self.control, self.endpoints = said["control"], said["endpoints"]
        return self

    def mend(self):
        self.ask("POST", "/mend")

    def count(self):
        return int(self.ask("GET", "/count"))

    def arrivals(self):
        self.known += [Arrival(*row) for row in json.loads(self.ask("GET", f"/arrived?{len(self.known)}"))]
        return self.known

    def ask(self, method, path):
        request = urllib.request.Request(f"http://{self.control}{path}", method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def until(self, count, within):
        """Until this many have come. Answers when, or none if they did not."""
        end = time.monotonic() + within
        while self.count() < count:
            if time.monotonic() > end:
                return None
            time.sleep(0.05)
        return time.monotonic()


class Arrival:
    def __init__(self, endpoint, at_micros, event, subject, status):
        self.endpoint, self.at, self.event, self.subject = endpoint, at_micros / 1e6, event, subject
        self.accepted = status == 200


def hooks(larder, endpoints, resource="tasks", **config):
    """A webhook that hears of tasks, or of something else, for each endpoint. Answers their ids in the same order."""
    grant = [{"resource": resource, "actions": ["read"]}]
    made = []
    for nth, endpoint in enumerate(endpoints):
        body = {"kind": "webhook", "name": f"endpoint {nth}", "grant": grant,
                "config": {"target_url": f"http://{endpoint}/hook", **config}}
        made.append(larder.call("POST", "/connections", larder.owner_token, body)["connection"]["id"])
    return made


def accepted_twice(arrivals):
    """How many events an endpoint accepted more than once."""
    counts = Counter((arrival.endpoint, arrival.event) for arrival in arrivals if arrival.accepted)
    return sum(1 for count in counts.values() if count > 1)
