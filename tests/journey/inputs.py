"""Input that is wrong: refused with the place that is wrong, and nothing is stored."""

from .calls import call, require
from .world import step

TASK = {"title": "Good"}
WRONG_TASKS = (
    ({}, "/title"),
    ([], None),
    ("text", None),
    ({"title": 7}, "/title"),
    ({"title": None}, "/title"),
    ({"title": ""}, "/title"),
    ({"title": " \t "}, "/title"),
    ({"title": "a\x00b"}, "/title"),
    ({"title": "x" * 201}, "/title"),
    (TASK | {"description": "x" * 4001}, "/description"),
    (TASK | {"status": "finished"}, "/status"),
    (TASK | {"priority": ["high"]}, "/priority"),
    (TASK | {"due": "tomorrow"}, "/due"),
    (TASK | {"due": "2031-02-30"}, "/due"),
    (TASK | {"labels": "home"}, "/labels"),
    (TASK | {"labels": ["home", 7]}, "/labels/1"),
    (TASK | {"labels": ["x"] * 21}, "/labels"),
    (TASK | {"colour": "red"}, "/colour"),
    (TASK | {"a/b~c": 1}, "/a~1b~0c"),
    (TASK | {"user_id": "somebody"}, "/user_id"),
)
HOOK = {"kind": "webhook", "name": "A hook"}
URL = {"target_url": "https://example.com/hook"}
WRONG_CONNECTIONS = (
    ({"kind": "api"}, "/name"),
    ({"name": "A"}, "/kind"),
    ({"kind": "fax", "name": "A"}, "/kind"),
    ({"kind": "api", "name": 7}, "/name"),
    ({"kind": "api", "name": "A", "preset": "all"}, "/preset"),
    ({"kind": "api", "name": "A", "preset": "read_only", "grant": []}, "/grant"),
    ({"kind": "api", "name": "A", "grant": {}}, "/grant"),
    ({"kind": "api", "name": "A", "grant": [{"resource": "cars", "actions": []}]}, "/grant/0/resource"),
    ({"kind": "api", "name": "A", "grant": [{"resource": "tasks", "actions": ["fly"]}]}, "/grant/0/actions/0"),
    ({"kind": "api", "name": "A", "grant": [{"resource": "tasks", "actions": [], "x": 1}]}, "/grant/0/x"),
    ({"kind": "api", "name": "A", "grant": [{"resource": "tasks", "actions": []}]}, "/grant/0/actions"),
    ({"kind": "api", "name": "A", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ({"kind": "api", "name": "x" * 10_000}, "/name"),
    ({"kind": "api", "name": "A", "limits": {"per_hour": 0}}, "/limits/per_hour"),
    ({"kind": "api", "name": "A", "activity_days": 0}, "/activity_days"),
    ({"kind": "mcp", "name": "A", "config": {"tools_enabled": ["fly"]}}, "/config/tools_enabled/0"),
    ({"kind": "api", "name": "A", "key": "lrd_mine"}, "/key"),
    ({"kind": "api", "name": "A", "config": URL}, "/config/target_url"),
    (HOOK, "/config/target_url"),
    (HOOK | {"config": {}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "nowhere"}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "ftp://example.com/"}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "https://me:pass@example.com/"}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "https://169.254.169.254/"}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "https://10.0.0.1/"}}, "/config/target_url"),
    (HOOK | {"config": {"target_url": "http://example.com/"}}, "/config/target_url"),
    (HOOK | {"config": URL | {"payload": "fat"}}, "/config/payload"),
    (HOOK | {"config": URL | {"events": ["galaxy.*"]}}, "/config/events/0"),
    (HOOK | {"grant": [], "config": URL | {"events": ["task.*"]}}, "/config/events/0"),
    (HOOK | {"config": URL | {"events": "task.*"}}, "/config/events"),
    (HOOK | {"config": URL | {"colour": "red"}}, "/config/colour"),
)
MALFORMED = (b"", b"{", b'{"title": "a"', b'{"title": "a"} x', b"[" * 5_000, b'{"title":' * 5_000)


@step()
def a_wrong_body_is_refused_by_name(journey):
    before = journey.api.rest("GET", "/v1/tasks?limit=100").expect(200).json
    path = f"/v1/tasks/{before['data'][0]['id']}" if before["data"] else None
    for body, pointer in WRONG_TASKS:
        journey.api.rest("POST", "/v1/tasks", body).problem(400, pointer)
        if path and isinstance(body, dict) and body and body.get("title", "") is not None:
            journey.api.rest("PATCH", path, body).problem(400, pointer)
    for body in MALFORMED:
        journey.api.rest("POST", "/v1/tasks", body).problem(400)
    require(journey.api.rest("GET", "/v1/tasks?limit=100").expect(200).json == before, "something was stored")


@step("local")  # the local AWS has replaced what is not UTF-8 before a function sees it
def a_body_that_is_not_utf_8_is_refused(journey):
    journey.api.rest("POST", "/v1/tasks", b'{"title": "\xff"}').problem(400)
    refused = journey.mcp.rest("POST", "/mcp", b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}').expect(400)
    refused.require(refused.json["error"]["code"] in (-32700, -32600), "no message of MCP expected")


@step()
def a_wrong_connection_is_refused_by_name(journey):
    before = journey.owner("GET", "/connections?limit=100").expect(200).json
    for body, pointer in WRONG_CONNECTIONS:
        journey.owner("POST", "/connections", body).problem(400, pointer)
    for body in MALFORMED:
        journey.owner("POST", "/connections", body).problem(400)
    require(journey.owner("GET", "/connections?limit=100").expect(200).json == before, "something was made")


@step()
def a_wrong_path_or_parameter_is_refused_by_name(journey):
    for wrong in ("nonsense", journey.api.id, "task_", "%ff", "task_" + "0" * 25 + "u", "TASK_" + "0" * 26):
        for method, body in (("GET", None), ("PATCH", TASK), ("DELETE", None)):
            journey.api.rest(method, f"/v1/tasks/{wrong}", body).problem(400, "{id}")
    for wrong in ("nonsense", "task_" + "0" * 26):
        journey.owner("GET", f"/connections/{wrong}").problem(400, "{id}")
        journey.owner("POST", f"/connections/{wrong}/revoke").problem(400, "{id}")
    for query, pointer in (
        ("limit=0", "?limit"), ("limit=101", "?limit"), ("limit=x", "?limit"), ("limit=-1", "?limit"),
        ("limit=99999999999", "?limit"), ("cursor=nonsense", "?cursor"), ("cursor=", "?cursor"),
        ("cursor=%00", "?cursor"), ("colour=red", "?colour"),
    ):
        journey.api.rest("GET", f"/v1/tasks?{query}").problem(400, pointer)
        journey.owner("GET", f"/connections?{query}").problem(400, pointer)
    made = [journey.api.make_task("For a cursor") for _ in range(2)]
    cursor = journey.api.rest("GET", "/v1/tasks?limit=1").expect(200).json["next_cursor"]
    journey.owner("GET", f"/connections?cursor={cursor}").problem(400, "?cursor")  # of another list
    path = f"/v1/tasks/{made[0]['id']}"
    for tag in ("x", '"1', '"1" "2"', ","):
        journey.api.rest("PATCH", path, TASK, headers={"If-Match": tag}).problem(400, "If-Match")
    for tag in ('"x"', '"-1"', 'W/"1"', '"2", "3"'):
        journey.api.rest("PATCH", path, TASK, headers={"If-Match": tag}).problem(412)
    journey.api.rest("GET", "/v1/nothing").problem(404)
    allowed = journey.api.rest("PUT", "/v1/tasks", TASK).problem(405).headers["Allow"]
    require("GET" in allowed and "POST" in allowed, f"Allow: {allowed}")


@step()
def a_body_that_is_not_json_or_too_large_is_refused(journey):
    for path, token in (("/v1/tasks", journey.api.key), ("/connections", journey.host.owner_token),
                        ("/mcp", journey.mcp.key)):
        url = journey.host.url + path
        for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
            call("POST", url, b'{"title": "No"}', token=token, headers={"Content-Type": kind}).problem(415)
        call("POST", url, {"title": "x" * 300_000}, token=token).problem(413)
        call("POST", url, {"title": "x" * 4_000_000}, token=token).expect(413)
    more = {"Content-Type": "application/json; charset=utf-8"}
    journey.api.rest("POST", "/v1/tasks", TASK, headers=more).expect(201)


@step()
def a_wrong_tool_call_is_refused_by_name(journey):
    task = journey.api.make_task("For tools")
    with journey.mcp.agent() as agent:
        for name, arguments, place in (
            ("create_task", {}, "/title"),
            ("create_task", TASK | {"colour": "red"}, "/colour"),
            ("create_task", TASK | {"labels": ["home", 7]}, "/labels/1"),
            ("update_task", {"id": task["id"], "due": "tomorrow"}, "/due"),
            ("update_task", {"title": "No id"}, "/id"),
            ("get_task", {"id": "nonsense"}, "/id"),
            ("delete_task", {"id": task["id"], "expected_version": "1"}, "/expected_version"),
            ("list_tasks", {"limit": 0}, "limit"),
            ("list_tasks", {"cursor": "nonsense"}, "cursor"),
        ):
            why = agent.refused(name, **arguments)
            require(place in why, f"{name} {arguments} does not name {place}: {why}")
        require(agent.turned_away("no_such_tool") in (200, 400), f"HTTP {agent.statuses}")
        require(agent.use("get_task", id=task["id"]) == task, "a refused call changed it")


@step()
def what_is_no_mcp_request_is_explained(journey):
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for body, code in ((b"{", -32700), ([], -32600)):
        answer = journey.mcp.rest("POST", "/mcp", body).expect(400)
        answer.require(answer.json["error"]["code"] == code, f"JSON-RPC error {code} expected")
    journey.mcp.rest("GET", "/mcp").problem(405)
    journey.mcp.rest("DELETE", "/mcp").problem(405)
    journey.mcp.rest("POST", "/mcp", ask, headers={"Origin": "https://example.com"}).problem(403)
    answer = journey.mcp.rest("POST", "/mcp", ask, headers={"MCP-Protocol-Version": "1999-01-01"}).expect(400)
    answer.require(answer.json["error"]["code"] == -32022, "an unknown version expected")
