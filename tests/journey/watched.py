"""What the owner hears of connections: limits kept to the call, usage and activity, notices of what comes to an end."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .calls import call, eventually, refused_as, require
from .provision import soon
from .world import step

TELLS = [{"resource": "connections", "actions": ["read"]}]


@step()
def the_owner_will_be_told_of_an_end_that_is_near(journey):
    """The sweep comes once a minute: what it tells is looked for at the end of the journey."""
    journey.told = journey.hook(events=["connection.*"], grant=TELLS)
    journey.ending = journey.connect("api", expires_at=soon(days=2))
    journey.living = journey.connect("api", expires_at=soon(days=8))


@step()
def a_limit_is_kept_to_the_call(journey):
    connection = journey.connect("api", limits={"burst": None, "per_hour": None, "per_day": 10})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: connection.rest("GET", "/v1/tasks"), range(24)))
    counted = Counter(answer.status for answer in answers)
    require(counted == {200: 10, 429: 14}, f"10 calls of 24 expected: {counted}")
    left = {int(re.search(r'"day";r=(\d+)', answer.headers["RateLimit"])[1]) for answer in answers if answer.status == 200}
    require(left == {*range(10)}, f"each of the ten is told what is left after it: {left}")
    refused = next(answer for answer in answers if answer.status == 429)
    refused_as(refused, 429, "limit-reached", "10")
    said = refused.json
    refused.require((said["window"], said["limit"]) == ("day", 10), "the window and its limit expected")
    refused.require(refused.headers["Retry-After"] == str(said["retry_after"]), "Retry-After expected")
    refused.require(refused.headers["RateLimit-Policy"] == '"day";q=10;w=86400', "the policy expected")
    connection.rest("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).problem(429)
    journey.owner("PATCH", f"/connections/{connection.id}", {"limits": {"per_day": 11}}).expect(200)
    connection.rest("GET", "/v1/tasks").expect(200)
    refused_as(connection.rest("GET", "/v1/tasks"), 429, "limit-reached", "11")
    for event in ("connection.limit_warning", "connection.limit_reached"):
        _, told = journey.told.arrived(event, connection.id)
        require(told["data"]["object"]["window"] == "day", f"not of the day: {told}")


@step()
def usage_and_activity_agree_with_what_was_done(journey):
    connection = journey.connect("mcp")
    task = connection.make_task("Counted")["id"]
    done = [("POST /v1/tasks", 201)]
    for method, path, body, endpoint, status in (
        ("GET", "/v1/tasks", None, "GET /v1/tasks", 200),
        ("GET", "/v1/tasks?limit=1", None, "GET /v1/tasks", 200),
        ("GET", "/v1/tasks?limit=0", None, "GET /v1/tasks", 400),
        ("GET", f"/v1/tasks/{task}", None, "GET /v1/tasks/{id}", 200),
        ("PATCH", f"/v1/tasks/{task}", {"title": "Still"}, "PATCH /v1/tasks/{id}", 200),
        ("DELETE", f"/v1/tasks/{task}", None, "DELETE /v1/tasks/{id}", 204),
        ("GET", f"/v1/tasks/{task}", None, "GET /v1/tasks/{id}", 404),
        ("POST", "/mcp", tool("list_tasks"), "tools/call list_tasks", 200),
        ("POST", "/mcp", tool("get_task", id=task), "tools/call get_task", 404),
    ):
        connection.rest(method, path, body).expect(status if method != "POST" else 200)
        done.append((endpoint, status))
    path = f"/connections/{connection.id}"

    def seen():
        page = journey.owner("GET", f"{path}/activity?limit=100").expect(200).json["data"]
        return len(page) >= len(done) and page

    page = eventually("every call among the activity", seen, 20)
    found = [(entry["endpoint"], entry["status"]) for entry in reversed(page)]
    require(found == done, f"activity tells {found}, but this was done: {done}")
    require(all(entry["from"] == "127.0.0.0/24" for entry in page), f"from elsewhere: {page[0]}")
    for by in ("hour", "day"):
        spans = journey.owner("GET", f"{path}/usage?by={by}").expect(200).json["data"]
        total = {name: sum(span[name] for span in spans) for name in ("calls", "errors", "limited")}
        expected = {"calls": len(done), "errors": sum(status >= 400 for _, status in done), "limited": 0}
        require(total == expected, f"by {by}: {total} instead of {expected}")
        endpoints = Counter()
        for span in spans:
            endpoints.update({name: counted["calls"] for name, counted in span["endpoints"].items()})
        require(endpoints == Counter(name for name, _ in done), f"by {by}: {endpoints}")
        require(all(span["p50_ms"] <= span["p95_ms"] <= span["p99_ms"] for span in spans), f"by {by}: {spans}")
    used = journey.owner("GET", path).expect(200)
    where = (used.json["last_used_from"], bool(used.json["last_used_at"]))
    used.require(where == ("127.0.0.0/24", True), "when it was last used, and from where, expected")


def tool(name, **arguments):
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


@step()
def a_revoked_key_is_refused_by_every_process(journey):
    """On AWS, concurrent calls are served by processes of their own, and the owner's by yet another function."""
    connection = journey.connect("mcp")

    def ask(number):
        if number % 2:
            return connection.rest("GET", "/v1/tasks").status
        return connection.rest("POST", "/mcp", tool("list_tasks")).status

    with ThreadPoolExecutor(12) as pool:
        before = Counter(pool.map(ask, range(48)))
        journey.revoke(connection)
        after = Counter(pool.map(ask, range(48)))
    require((before, after) == ({200: 48}, {401: 48}), f"before {before}, after {after}")


# Near the end of the steps: by now, a minute has passed since the first of this file, or soon will have.
def an_end_that_is_near_is_told_once(journey):
    _, event = journey.told.arrived("connection.expiring", journey.ending.id, within=150)
    told = journey.owner("GET", f"/connections/{journey.ending.id}").expect(200).json["expires_at"]
    require(event["data"]["object"]["expires_at"] == told, f"not its end: {event}")
    ends = [event["data"]["id"] for _, event in journey.told.events() if event["type"] == "connection.expiring"]
    counted = (ends.count(journey.ending.id), ends.count(journey.living.id))
    require(counted == (1, 0), f"these ends were told: {ends}")
