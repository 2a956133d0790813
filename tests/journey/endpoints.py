"""Every endpoint of the owner's data, called as its description's examples call it, and read in each form that it has."""

import csv
import io
import json
from xml.etree import ElementTree

from .calls import require
from .world import step

READ_AS = {
    "application/json": json.loads,
    "text/csv": lambda text: list(csv.reader(io.StringIO(text), strict=True)),
    "application/xml": ElementTree.fromstring,
    "text/markdown": str,
    "text/calendar": str,
}
# What is made has to be there before it is read, and gone before it comes back; records go before their collection.
ORDER = ["create", "add", "batch", "decompose", "apply", "search", "get", "list", "backup", "sync", "update", "complete", "reopen", "archive", "put",
         "delete_record", "delete", "restore_collection", "restore"]


@step()
def every_endpoint_does_what_its_description_says_in_every_form(journey):
    own = journey.api.rest("GET", "/openapi/own.json").expect(200).json
    walk = Walk(journey.api, own, f"books_{journey.nonce()}")
    walk.ids["/v1/approvals"] = waiting(journey)
    walk.all()
    for first, now in (("/profile", "/v1/profile"), ("/preferences", "/v1/preferences"), ("/data", "/v1/collections")):
        seen = journey.api.rest("GET", first).expect(200)
        seen.require(seen.json == journey.api.rest("GET", now).expect(200).json, f"the same as {now} expected")


def waiting(journey):
    """A call of this very connection that waits: its owner lets it ask for a moment."""
    at = f"/connections/{journey.api.id}"
    grant = journey.owner("GET", at).expect(200).json["grant"]
    careful = [rule | {"ask": True} if rule["resource"] == "tasks" else rule for rule in grant]
    journey.owner("PATCH", at, {"grant": careful}).expect(200)
    waits = journey.api.rest("POST", "/v1/tasks", {"title": journey.nonce()}).expect(202).json["approval"]["id"]
    journey.owner("PATCH", at, {"grant": grant}).expect(200)
    return waits


class Walk:
    def __init__(self, connection, description, collection):
        self.connection, self.description, self.collection = connection, description, collection
        self.ids = {}  # by the path under which they are made

    def all(self):
        calls = [(path, method, operation) for path, ways in self.description["paths"].items()
                 if path.startswith("/v1/") for method, operation in ways.items() if method != "parameters"]
        require(len(calls) > 70, f"only {len(calls)} operations are described")
        for path, method, operation in sorted(calls, key=lambda call: (place(call[2]), call[0])):
            if method == "get":
                self.read(path, operation)
            else:
                self.write(path, method, operation)

    def read(self, path, operation):
        at = self.address(path) + query(operation)
        for media in operation["responses"]["200"]["content"]:
            answer = self.connection.rest("GET", at, headers={"Accept": media}).expect(200)
            answer.require(answer.headers.get_content_type() == media, f"{media} expected")
            answer.require(READ_AS[media](answer.text) is not None, "it cannot be read")

    def write(self, path, method, operation):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        if operation["operationId"] in ("create_collection", "put_collection"):
            body = body | {"name": self.collection}
        if operation["operationId"] == "create_life_areas":
            body = {"items": [item | {"name": f"{item['name']} {self.collection}"} for item in body["items"]]}
        if operation["operationId"] == "delete_collection":
            self.empty()
        answer = self.connection.rest(method.upper(), self.address(path), body)
        answer.require(str(answer.status) in operation["responses"] and answer.status < 300, "a success expected")
        answer.require(answer.status != 207, "no item of a batch should be refused")
        if answer.status == 201 and method == "post":
            self.ids[path] = answer.json["id"]
        if method in ("patch", "put"):
            self.say_again(path, method, body, operation["responses"]["200"]["content"])

    def say_again(self, path, method, body, forms):
        """What changes nothing more, in each form."""
        for media in forms:
            again = self.connection.rest(method.upper(), self.address(path), body, headers={"Accept": media})
            again.expect(200).require(again.headers.get_content_type() == media, f"{media} expected")
            again.require(READ_AS[media](again.text) is not None, "it cannot be read")

    def empty(self):
        """Only an empty collection goes."""
        records = f"/v1/collections/{self.collection}/records"
        for record in self.connection.rest("GET", f"{records}?limit=100").expect(200).json["data"]:
            self.connection.rest("DELETE", f"{records}/{record['id']}").expect(204)

    def address(self, path):
        collection, _, action = path.partition("{id}")
        path = path.replace("{id}", self.ids.get(collection.rstrip("/"), ""))
        return path.replace("{collection}", self.collection).replace("{date}", "2031-02-28")


def place(operation):
    name = operation["operationId"]
    if name.startswith("create_") and name.endswith("s"):
        name = "batch"
    return next(nth for nth, start in enumerate(ORDER) if name.startswith(start))


def query(operation):
    """The parameters without which it cannot be called."""
    needed = [one for one in operation.get("parameters", []) if one.get("in") == "query" and one.get("required")]
    return "?" + "&".join(f"{one['name']}={one['schema']['enum'][0]}" for one in needed) if needed else ""
