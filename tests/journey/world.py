"""The owner, the connections that the owner makes, and what is done with them."""

import secrets
from dataclasses import dataclass
from functools import cached_property

from .agent import agent
from .calls import call

STEPS = {"both": [], "deployed": [], "local": []}


def step(on="both"):
    """Puts a function in the list of steps; its name is the step's."""
    def add(function):
        STEPS[on].append((function.__name__.replace("_", " "), function))
        return function

    return add


@dataclass(repr=False)
class Connection:
    host: object
    id: str
    key: str
    signing_secret: str | None

    def rest(self, method, path, body=None, token=None, **more):
        return call(method, self.host.url + path, body, token=token or self.key, **more)

    def agent(self, era="auto", person=None, model=None):
        """`person` answers what the client is asked, yes or no; `model` answers a prompt with words."""
        return agent(self.host.mcp_url, self.key, era, person, model)

    def make_task(self, title, **fields):
        return self.rest("POST", "/v1/tasks", {"title": title} | fields).expect(201).json

    def task(self, id):
        return self.rest("GET", f"/v1/tasks/{id}")


class Journey:
    def __init__(self, host, receiver):
        self.host, self.receiver = host, receiver
        self.hooks = []

    @staticmethod
    def nonce():
        return secrets.token_hex(8)

    def owner(self, method, path, body=None, token=None, **more):
        return call(method, self.host.url + path, body, token=token or self.host.owner_token, **more)

    def connect(self, kind, token=None, **fields):
        fields = {"kind": kind, "name": f"The journey's {kind}"} | fields
        if "grant" not in fields:
            fields.setdefault("preset", "full_access")
        # The journey calls more than anybody would.
        fields.setdefault("limits", {"burst": None, "per_hour": None, "per_day": None})
        made = self.owner("POST", "/connections", fields, token=token).expect(201).json
        return Connection(self.host, made["connection"]["id"], made["key"], made.get("signing_secret"))

    def settings(self, connection):
        """All that the owner sees of it but what its own calls change."""
        seen = self.owner("GET", f"/connections/{connection.id}").expect(200).json
        return {name: value for name, value in seen.items() if not name.startswith("last_used")}

    def revoke(self, connection):
        return self.owner("POST", f"/connections/{connection.id}/revoke").expect(200)

    def hook(self, answers=(), events=("task.*",), payload="full", signature="v1", **fields):
        hook = self.receiver.hook(answers)
        config = {"target_url": hook.url, "events": list(events), "payload": payload, "signature": signature}
        hook.connection = self.connect("webhook", config=config, **fields)
        signing = self.settings(hook.connection)["signing"]
        hook.secret = signing["public_key"] if signature == "v1a" else hook.connection.signing_secret
        self.hooks.append(hook)
        return hook

    @cached_property
    def mcp(self):
        return self.connect("mcp")

    @cached_property
    def api(self):
        return self.connect("api")

    @cached_property
    def sdk(self):
        return self.connect("sdk")
