"""The same data over REST and MCP."""

import json
from concurrent.futures import ThreadPoolExecutor

from .agent import ERAS
from .calls import Failed, call, require
from .world import step

WORDS = {
    "description": "Zwei Liter, 3,5 %\n日本語 🥛",
    "priority": "high",
    "due": "2031-02-28",
    "labels": ["home", "a/b~c"],
}


@step()
def connections_of_every_kind_are_made_and_their_secrets_shown_once(journey):
    config = {"target_url": journey.receiver.hook().url, "events": ["task.*"]}
    for kind in ("mcp", "api", "sdk", "webhook"):
        wanted = {"kind": kind, "name": f"One {kind}", "preset": "full_access"}
        wanted |= {"config": config} if kind == "webhook" else {}
        made = journey.owner("POST", "/connections", wanted).expect(201)
        connection, key = made.json["connection"], made.json["key"]
        made.require(key.startswith("lrd_"), "a key that starts with lrd_ expected")
        made.require(made.headers["Location"] == f"/connections/{connection['id']}", "its Location expected")
        made.require(connection["kind"] == kind and connection["status"] == "active", "not what was asked for")
        secrets = [key]
        if kind == "webhook":
            made.require(config.items() <= connection["config"].items(), "not the config that was given")
            secrets.append(made.json["signing_secret"])
        else:
            made.require("signing_secret" not in made.json, "no signing secret expected")
        for path in (f"/connections/{connection['id']}", "/connections?limit=100"):
            seen = journey.owner("GET", path).expect(200)
            seen.require(connection["id"] in seen.text, "the connection is missing")
            shown = [secret for secret in secrets if secret in seen.text or secret.split("_")[-1] in seen.text]
            seen.require(not shown and "hash" not in seen.text, "it shows a secret again")


@step()
def what_rest_writes_mcp_reads_in_every_era(journey):
    task = journey.api.make_task("Buy milk", **WORDS)
    require(task["version"] == 1 and task["status"] == "pending", f"not a new task: {task}")
    require({name: task[name] for name in WORDS} == WORDS, f"not what was written: {task}")
    require(task["source"]["connection"] == journey.api.id, f"not written by the api connection: {task}")
    for era, version in ERAS.items():
        with journey.mcp.agent(era) as agent:
            require(agent.version == version, f"{era}: version {agent.version} instead of {version}")
            expected = {"list_tasks", "get_task", "create_task", "update_task", "delete_task"}
            require(set(agent.tools()) >= expected, f"{era}: tools {sorted(agent.tools())}")
            require(agent.use("get_task", id=task["id"]) == task, f"{era}: get_task differs from REST")
            listed = agent.use("list_tasks", limit=100)
            require(task in listed["data"], f"{era}: list_tasks lacks the task")
            require(all(status < 300 for status in agent.statuses), f"{era}: HTTP {agent.statuses}")


@step()
def what_mcp_writes_rest_reads(journey):
    for era in ("legacy", "2026-07-28"):
        with journey.mcp.agent(era) as agent:
            made = agent.use("create_task", title="Call the plumber", **WORDS)
            require(journey.api.task(made["id"]).expect(200).json == made, f"{era}: REST reads another task")
            require(made["source"]["connection"] == journey.mcp.id, f"not written by the mcp connection: {made}")
            changed = agent.use("update_task", id=made["id"], status="completed", due=None, expected_version=1)
            wanted = {name: value for name, value in made.items() if name != "due"} | {"status": "completed"}
            kept = set(wanted) - {"version", "updated_at", "source"}
            require({name: changed[name] for name in kept} == {name: wanted[name] for name in kept}, f"{changed}")
            require(changed["version"] == 2 and "due" not in changed, f"{era}: {changed}")
            seen = journey.sdk.task(made["id"]).expect(200)
            seen.require(seen.json == changed and seen.headers["ETag"] == '"2"', "REST reads another task")
            require("version 2" in agent.refused("delete_task", id=made["id"], expected_version=1), "no reason")
            agent.use("delete_task", id=made["id"])
            journey.api.task(made["id"]).problem(404)
            require(agent.refused("get_task", id=made["id"]), "no reason")


@step()
def a_goal_is_broken_down_over_either_face(journey):
    with journey.mcp.agent("2026-07-28") as agent:
        goal = agent.use("create_goal", title="Run a race")
        asked = agent.use("decompose_goal", goal_id=goal["id"], max_tasks=3)
        require(asked["status"] == "needs_plan" and "Run a race" in asked["prompt"], f"no prompt: {asked}")
        require(asked["schema"]["properties"]["suggested_tasks"]["maxItems"] == 3, f"no schema: {asked}")
        plan = {"suggested_tasks": [
            {"ref": "shoes", "title": "Buy shoes", "due_offset_days": 2, "estimated_minutes": 60},
            {"ref": "run", "title": "Run", "depends_on": ["shoes"]},
            {"ref": "rest", "title": "Rest"},
        ]}
        made = agent.use(asked["next_tool"], goal_id=goal["id"], plan=plan, selection=["run"])
        require([task["ref"] for task in made["tasks"]] == ["shoes", "run"], f"not what was selected: {made}")
        plan["suggested_tasks"][0]["depends_on"] = ["run"]
        require("wait for itself" in agent.refused("apply_goal_plan", goal_id=goal["id"], plan=plan), "no reason")
    shoes, run = (task["id"] for task in made["tasks"])
    require(journey.api.task(run).expect(200).json["depends_on"] == [shoes], "it waits for the other")
    seen = journey.api.rest("GET", f"/v1/goals/{goal['id']}").expect(200).json
    require(seen["tally"]["tasks"] == 2 and seen["version"] == made["version"], f"not counted: {seen}")
    usual = journey.api.rest("POST", "/v1/goals/decompose", {"goal_description": "Learn to swim", "method": "template"})
    body = {"goal": {"title": "Learn to swim"}, "plan": usual.expect(200).json["plan"]}
    whole = journey.api.rest("POST", "/v1/goals/apply-plan", body).expect(201)
    whole.require(len(whole.json["tasks"]) == 8, "all tasks expected")


@step()
def a_model_that_its_client_lends_breaks_a_goal_down(journey):
    def model(prompt):
        require("Walk to Rome" in prompt, f"the goal is missing: {prompt}")
        plan = {"suggested_tasks": [{"ref": "map", "title": "Find a map"}, {"ref": "go", "title": "Go", "depends_on": ["map"]}]}
        return f"Of course:\n{json.dumps(plan)}\nThat is all."

    for allowed, status in ((True, "applied"), (False, "needs_plan")):
        journey.owner("PATCH", "/owner/preferences", {"ai": {"allow_sampling": allowed}}).expect(200)
        with journey.mcp.agent("2026-07-28", model=model) as agent:
            told = agent.use("decompose_goal", goal_description="Walk to Rome", apply=True)
        require(told["status"] == status, f"{status} expected: {told}")
    with journey.mcp.agent("legacy", model=model) as agent:
        require(agent.use("decompose_goal", goal_description="Walk to Rome")["method"] == "prompt", "a prompt expected")


@step()
def what_was_deleted_is_listed_and_comes_back(journey):
    task = journey.api.make_task("Thrown away", **WORDS)
    path = f"/v1/tasks/{task['id']}"
    journey.sdk.rest("DELETE", path).expect(204)
    thrown = journey.api.rest("GET", "/v1/trash?noun=task&limit=1").expect(200).json["data"][0]
    require(thrown["id"] == task["id"] and thrown["by"] == journey.sdk.id, f"not what was deleted last: {thrown}")
    require(thrown["item"] == task, f"not as it was: {thrown}")
    back = journey.api.rest("POST", f"{path}/restore").expect(200).json
    require({name: back[name] for name in WORDS} == WORDS and back["version"] > task["version"], f"{back}")
    with journey.mcp.agent("2026-07-28") as agent:
        agent.use("delete_task", id=task["id"])
        require(agent.use("restore_task", id=task["id"])["title"] == "Thrown away", "not back")


@step()
def a_key_may_come_in_its_own_header(journey):
    call("GET", f"{journey.host.url}/v1/tasks", headers={"X-API-Key": journey.sdk.key}).expect(200)


@step()
def pages_lose_and_repeat_nothing(journey):
    made = [journey.api.make_task(f"Page {number}")["id"] for number in range(25)]
    pages, path = [], "/v1/tasks?limit=10"
    while path:
        page = journey.api.rest("GET", path).expect(200)
        pages.append([task["id"] for task in page.json["data"]])
        # A store may learn only from an empty page that the one before was the last.
        fits = len(pages[-1]) <= 10 and (pages[-1] or not page.json["next_cursor"])
        page.require(len(pages) < 50 and fits, "a page of 1 to 10 expected")
        if len(pages) == 1:
            journey.api.make_task("Written while somebody pages")
        path = (cursor := page.json["next_cursor"]) and f"/v1/tasks?limit=10&cursor={cursor}"
    seen = [id for page in pages for id in page]
    require(len(seen) == len(set(seen)), f"repeated: {seen}")
    require(seen[:25] == sorted(made, reverse=True), "not the 25 newest first")
    whole = [task["id"] for task in journey.api.rest("GET", "/v1/tasks?limit=100").expect(200).json["data"]]
    require(whole[1:] == seen, "one page of 100 differs from many of 10")
    with journey.mcp.agent() as agent:
        first = agent.use("list_tasks", limit=13)
        second = agent.use("list_tasks", limit=13, cursor=first["next_cursor"])
    require([task["id"] for task in first["data"] + second["data"]] == whole[:26], "MCP pages differ from REST's")


@step()
def a_stale_version_changes_nothing(journey):
    path = f"/v1/tasks/{journey.api.make_task('Versioned')['id']}"
    fresh = journey.api.rest("PATCH", path, {"title": "Second"}, headers={"If-Match": '"1"'}).expect(200)
    fresh.require(fresh.headers["ETag"] == '"2"', 'ETag "2" expected')
    journey.api.rest("PATCH", path, {"title": "Third"}, headers={"If-Match": '"1"'}).problem(412)
    journey.api.rest("DELETE", path, headers={"If-Match": '"1"'}).problem(412)
    require(journey.api.rest("GET", path).expect(200).json == fresh.json, "a refused change changed it")
    journey.api.rest("DELETE", path, headers={"If-Match": '"2"'}).expect(204)


@step()
def of_simultaneous_changes_one_wins(journey):
    path = f"/v1/tasks/{journey.api.make_task('Contended')['id']}"

    def change(number):
        return journey.api.rest("PATCH", path, {"title": f"By {number}"}, headers={"If-Match": '"1"'})

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(change, range(6)))
    won = [answer for answer in answers if answer.status == 200]
    for answer in answers:
        answer.expect(200, 409, 412)
    require(len(won) == 1, f"{len(won)} changes of one version were accepted")
    if journey.api.rest("GET", path).expect(200).json != won[0].json:
        raise Failed("the accepted change is not what is stored")
