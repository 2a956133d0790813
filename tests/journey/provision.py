"""A connection from its making to its end: what it is given, what is changed, and what its key hears at each turn."""

from datetime import UTC, datetime, timedelta

from .calls import eventually, refused_as, require
from .world import step

TASKS = {"resource": "tasks", "actions": ["read"]}


def soon(**ahead):
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


@step()
def a_new_connection_is_safe_unless_the_owner_says_otherwise(journey):
    for kind in ("mcp", "api", "sdk", "webhook"):
        wanted = {"kind": kind, "name": f"Ünïcode 日本 {kind}"}
        if kind == "webhook":
            wanted["config"] = {"target_url": journey.receiver.hook().url}
        made = journey.owner("POST", "/connections", wanted).expect(201)
        connection, key = made.json["connection"], made.json["key"]
        limits = {"burst": 300, "per_hour": 1000, "per_day": 10_000}
        made.require(connection["limits"] == limits and connection["activity_days"] == 30, "the default limits expected")
        lives = datetime.fromisoformat(connection["expires_at"]) - datetime.now(UTC)
        made.require(timedelta(days=89.9) < lives < timedelta(days=90.1), "a life of 90 days expected")
        made.require(connection["slug"] and connection["key"]["ends_with"] == key[-4:], "a slug and a key's end expected")
        actions = {action for rule in connection["grant"] for action in rule["actions"]}
        made.require(actions == {"read"}, "read-only expected")
    again = {"kind": "api", "name": "Another", "slug": connection["slug"]}
    refused_as(journey.owner("POST", "/connections", again), 409, "slug-taken")


@step()
def what_the_owner_changes_holds_from_the_next_call_on(journey):
    connection = journey.connect("mcp", grant=[TASKS])
    path = f"/connections/{connection.id}"
    before = journey.owner("GET", path).expect(200)
    refused_as(connection.rest("POST", "/v1/tasks", {"title": "No"}), 403, "denied", "tasks")
    more = {"grant": [{"resource": "tasks", "actions": ["read", "write"]}], "name": "Renamed"}
    changed = journey.owner("PATCH", path, more, headers={"If-Match": before.headers["ETag"]}).expect(200)
    changed.require(changed.json["name"] == "Renamed" and changed.json["version"] == 2, "not what was changed")
    connection.make_task("Now it may")
    stale = journey.owner("PATCH", path, {"name": "Stale"}, headers={"If-Match": before.headers["ETag"]})
    stale.problem(412)
    journey.owner("PATCH", path, {"expires_at": soon(hours=-1)}).problem(400, "/expires_at")
    require(journey.settings(connection).items() <= changed.json.items(), "a refused change changed it")


@step()
def a_paused_key_waits_and_a_revoked_one_is_told_when(journey):
    connection = journey.connect("mcp")
    path = f"/connections/{connection.id}"
    faces = (("GET", "/v1/tasks", None), ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))

    def hears(status, *words):
        for method, face, body in faces:
            answer = connection.rest(method, face, body)
            answer.expect(200) if status == 200 else refused_as(answer, status, *words)

    hears(200)
    for verb, status, says in (("pause", "inactive", (401, "paused", "is paused")), ("resume", "active", (200,)),
                               ("pause", "inactive", (401, "paused", "is paused")), ("revoke", "revoked", (401, "revoked", "revoked on"))):
        answer = journey.owner("POST", f"{path}/{verb}").expect(200)
        answer.require(answer.json["status"] == status, f"{status} expected")
        hears(*says)
    refused_as(journey.owner("POST", f"{path}/resume"), 409, "revoked")
    journey.owner("DELETE", path).expect(204)
    journey.owner("GET", path).problem(404)
    hears(401, "deleted", "was deleted")
    connection.rest("POST", "/connections", {"kind": "api", "name": "No"}).problem(401)


@step()
def an_expired_key_is_told_when(journey):
    connection = journey.connect("api", expires_at=soon(seconds=2))
    eventually("the end", lambda: connection.rest("GET", "/v1/tasks").status == 401, 10)
    refused_as(connection.rest("GET", "/v1/tasks"), 401, "expired", "expired on")


@step()
def a_replaced_key_lives_as_long_as_was_chosen(journey):
    for hours in (1, 0):
        connection = journey.connect("api")
        rotated = journey.owner("POST", f"/connections/{connection.id}/rotate", {"overlap_hours": hours}).expect(200)
        old, connection.key = connection.key, rotated.json["key"]
        rotated.require(connection.key != old and connection.key.startswith("lrd_"), "another key expected")
        connection.rest("GET", "/v1/tasks").expect(200)
        before = connection.rest("GET", "/v1/tasks", token=old)
        before.expect(200) if hours else refused_as(before, 401, "replaced-key", "replaced")
    for wrong in (-1, 25, "1"):
        journey.owner("POST", f"/connections/{connection.id}/rotate", {"overlap_hours": wrong}).problem(400, "/overlap_hours")


@step()
def a_repeated_making_makes_one(journey):
    wanted, headers = {"kind": "api", "name": "Once"}, {"Idempotency-Key": journey.nonce()}
    first = journey.owner("POST", "/connections", wanted, headers=headers).expect(201)
    again = journey.owner("POST", "/connections", wanted, headers=headers).expect(201)
    require(first.json == again.json, f"not the same answer\n{first}\n{again}")
    journey.owner("POST", "/connections", wanted | {"name": "Twice"}, headers=headers).problem(409)


@step()
def a_preview_tells_what_a_grant_would_see(journey):
    journey.api.make_task("Previewed", labels=["home"])
    seen = journey.owner("POST", "/connections/preview", {"kind": "mcp", "name": "Later", "grant": [TASKS]}).expect(200)
    told = ["analyze_progress", "backup_user_data", "get_task", "list_tasks", "list_trash", "query_user_stats",
            "sync_with_calendar"]
    seen.require(sorted(seen.json["tools"]) == told, "the tools that read expected")
    endpoints = {(endpoint["method"], endpoint["path"]) for endpoint in seen.json["endpoints"]}
    paths = ("/v1/tasks", "/v1/tasks/{id}", "/v1/stats", "/v1/progress", "/v1/trash")
    reads = {("GET", path) for path in paths} | {("POST", "/v1/backups"), ("POST", "/v1/calendars")}
    seen.require(endpoints == reads, "the routes that read expected")
    tasks = next(sight for sight in seen.json["resources"] if sight["resource"] == "tasks")
    seen.require(tasks["items"] >= 1 and tasks["sample"], "a number and a sample expected")
    nothing = journey.owner("POST", "/connections/preview", {"kind": "mcp", "name": "Later", "grant": []}).expect(200)
    nothing.require(nothing.json["tools"] == [] and nothing.json["resources"] == [], "nothing expected")
