"""Who is let in, and what for."""

from openapi_spec_validator import validate

from .agent import ERAS
from .calls import call, require
from .world import step

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@step()
def no_key_and_a_wrong_key_are_refused_everywhere(journey):
    key = journey.api.key
    start, ids, secret = key.split("_")
    typos = [f"{key[:at]}{ALPHABET[ALPHABET.index(key[at]) ^ 1]}{key[at + 1:]}" for at in (4, 25, 45, 47, 70, 88)]
    cut = [key[:-1], f"{key}0", f"{start}_{ids}", key.upper(), "nonsense", "lrd_", ""]
    forged = f"{start}_{ids}_{ALPHABET + 'hjkmnpqrs0'}"
    mixed = f"{start}_{ids}_{journey.sdk.key.split('_')[2]}"
    journey.api.rest("GET", "/v1/tasks").expect(200)
    for token in [None, *typos, *cut, forged, mixed]:
        for method, path, body in (
            ("GET", "/v1/tasks", None), ("POST", "/v1/tasks", {"title": "No"}), ("POST", "/mcp", LIST_TOOLS),
            ("GET", "/connections", None), ("POST", "/connections", {"kind": "api", "name": "No"}),
        ):
            answer = call(method, journey.host.url + path, body, token=token).problem(401)
            # API Gateway gives the header another name.
            asked = answer.headers["WWW-Authenticate"] or answer.headers["x-amzn-Remapped-WWW-Authenticate"]
            answer.require(asked and asked.startswith("Bearer"), "WWW-Authenticate expected")
    call("GET", f"{journey.host.url}/v1/tasks", headers={"Authorization": f"Basic {key}"}).problem(401)


@step()
def a_revoked_key_is_refused_on_the_very_next_call(journey):
    connection = journey.connect("mcp")
    with connection.agent("legacy") as old, connection.agent("2026-07-28") as new:
        old.use("list_tasks"), new.use("list_tasks")
        connection.rest("GET", "/v1/tasks").expect(200)
        revoked = journey.revoke(connection)
        revoked.require(revoked.json["status"] == "revoked", "status revoked expected")
        connection.rest("GET", "/v1/tasks").problem(401)
        connection.rest("POST", "/v1/tasks", {"title": "No"}).problem(401)
        for era, agent in (("legacy", old), ("modern", new)):
            status = agent.turned_away("list_tasks")
            require(status == 401, f"{era}: HTTP {status} instead of 401")
    connection.rest("POST", "/mcp", LIST_TOOLS).problem(401)
    connection.rest("GET", "/connections").problem(401)
    journey.revoke(connection)
    journey.api.rest("GET", "/v1/tasks").expect(200)


@step()
def read_only_reads_and_no_more(journey):
    path = f"/v1/tasks/{journey.api.make_task('Look, but do not touch')['id']}"
    for fields in ({"preset": "read_only"}, {"grant": [{"resource": "tasks", "actions": ["read"]}]}):
        reader = journey.connect("mcp", **fields)
        before = reader.rest("GET", path).expect(200)
        reader.rest("POST", "/v1/tasks", {"title": "No"}).problem(403)
        reader.rest("PATCH", path, {"title": "No"}).problem(403)
        reader.rest("DELETE", path).problem(403)
        for era in ERAS:
            with reader.agent(era) as agent:
                tools = agent.tools()
                verbs = ("list_", "get_", "search_", "query_", "analyze_", "decompose_", "backup_", "sync_")
                reads = all(name.startswith(verbs) for name in tools)
                require(reads and {"list_tasks", "get_task"} <= set(tools), f"{era}: tools {sorted(tools)}")
                require(all(tool.annotations.read_only_hint for tool in tools.values()), "not marked as read-only")
                agent.use("get_task", id=before.json["id"])
                for name, arguments in (
                    ("create_task", {"title": "No"}), ("update_task", {"id": before.json["id"], "title": "No"}),
                    ("delete_task", {"id": before.json["id"]}),
                ):
                    require(agent.unknown(name, **arguments), f"{name} is known")
        require(reader.rest("GET", path).expect(200).json == before.json, "a refused write changed it")


@step()
def an_empty_grant_sees_nothing(journey):
    task = journey.api.make_task("Unseen")
    nobody = journey.connect("mcp", grant=[])
    for method, path, body in (
        ("GET", "/v1/tasks", None), ("GET", f"/v1/tasks/{task['id']}", None), ("POST", "/v1/tasks", {"title": "No"}),
        ("PATCH", f"/v1/tasks/{task['id']}", {"title": "No"}), ("DELETE", f"/v1/tasks/{task['id']}", None),
        ("GET", f"/v1/tasks/task_{'0' * 26}", None),  # and does not learn what exists
    ):
        nobody.rest(method, path, body).problem(403)
    for era in ERAS:
        with nobody.agent(era) as agent:
            require(agent.tools() == {}, f"{era}: tools {sorted(agent.tools())}")
            require(agent.unknown("list_tasks"), "list_tasks is known")


@step()
def a_key_cannot_manage_connections(journey):
    for connection in (journey.api, journey.mcp):
        connection.rest("GET", "/connections").problem(403)
        connection.rest("POST", "/connections", {"kind": "api", "name": "More"}).problem(403)
        connection.rest("GET", f"/connections/{connection.id}").problem(403)
        connection.rest("POST", f"/connections/{journey.sdk.id}/revoke").problem(403)
    journey.sdk.rest("GET", "/v1/tasks").expect(200)


@step()
def an_owner_token_is_no_key(journey):
    journey.owner("GET", "/v1/tasks").problem(401)
    journey.owner("POST", "/mcp", LIST_TOOLS).problem(401)


@step()
def ids_that_nobody_has_are_not_found(journey):
    nobody = "0123456789abcdefghjkmnpqr4"
    journey.owner("GET", f"/connections/conn_{nobody}").problem(404)
    journey.owner("POST", f"/connections/conn_{nobody}/revoke").problem(404)
    for method, body in (("GET", None), ("PATCH", {"title": "No"}), ("DELETE", None)):
        journey.api.rest(method, f"/v1/tasks/task_{nobody}", body).problem(404)


@step("deployed")
def another_owner_meets_nothing_of_this_one(journey):
    task = journey.api.make_task("Private")
    cursor = journey.api.rest("GET", "/v1/tasks?limit=1").expect(200).json["next_cursor"]
    other = journey.host.token()
    require(journey.owner("GET", "/connections", token=other).expect(200).json["data"] == [], "connections of another")
    journey.owner("GET", f"/connections/{journey.api.id}", token=other).problem(404)
    journey.owner("POST", f"/connections/{journey.api.id}/revoke", token=other).problem(404)
    stranger = journey.connect("mcp", token=other)
    for method, body in (("GET", None), ("PATCH", {"title": "Mine"}), ("DELETE", None)):
        stranger.rest(method, f"/v1/tasks/{task['id']}", body).problem(404)
    require(stranger.rest("GET", "/v1/tasks").expect(200).json["data"] == [], "tasks of another")
    stranger.rest("GET", f"/v1/tasks?cursor={cursor}").problem(400, "?cursor")
    with stranger.agent() as agent:
        require(agent.refused("get_task", id=task["id"]), "no reason")
    require(journey.api.task(task["id"]).expect(200).json == task, "another owner changed it")


@step("deployed")
def a_token_that_proves_nothing_is_refused(journey):
    now = {"sub": "journey"}
    for claims in ({"aud": "another"}, {"aud": None}, {"iss": "http://127.0.0.1:1"}, {"exp": 1}, {"exp": None},
                   {"sub": None}, {"sub": ""}, {"nbf": 4_000_000_000}):
        token = journey.host.token(**now | claims)
        answer = call("GET", f"{journey.host.url}/connections", token=token)
        answer.require(answer.status == 401, f"401 expected for a token with {claims}")
        answer.problem(401)


@step()
def the_description_of_the_api_is_openapi(journey):
    description = call("GET", f"{journey.host.url}/openapi.json").expect(200).json
    validate(description)
    require("post" in description["paths"]["/connections"], "/connections is not described")
    own = call("GET", f"{journey.host.url}/openapi/own.json", token=journey.api.key).expect(200).json
    validate(own)
    require("/connections" not in own["paths"] and "/v1/tasks" in own["paths"], "it is not this connection's")
