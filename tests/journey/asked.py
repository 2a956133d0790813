"""Changes that the owner is asked about first: in the dashboard, or by the agent's own client."""

from .calls import require
from .world import step

GRANT = [{"resource": "tasks", "actions": ["read", "write", "delete"], "ask": True}]


def titles(connection):
    return [task["title"] for task in connection.rest("GET", "/v1/tasks?limit=100").expect(200).json["data"]]


def decided(journey, id, decision):
    return journey.owner("POST", f"/approvals/{id}/{decision}")


@step()
def a_change_over_rest_waits_until_its_owner_says_yes(journey):
    asks, wanted, unwanted = journey.connect("api", grant=GRANT), journey.nonce(), journey.nonce()
    ids = []
    for title in (wanted, unwanted):
        waits = asks.rest("POST", "/v1/tasks", {"title": title}).expect(202)
        ids.append(waits.json["approval"]["id"])
        waits.require(waits.headers["Location"] == f"/v1/approvals/{ids[-1]}", "it does not say where it waits")
    require(not {wanted, unwanted} & {*titles(asks)}, "done before anybody was asked")
    waiting = journey.owner("GET", "/approvals?limit=100").expect(200).json["data"]
    require({*ids} <= {one["id"] for one in waiting}, f"its owner is not shown it: {waiting}")
    decided(journey, ids[1], "deny").expect(200)
    for _ in range(2):
        done = decided(journey, ids[0], "approve").expect(200)
        done.require(done.json["status"] == "done" and done.json["answer"]["status"] == 201, "it was not done")
    decided(journey, ids[1], "approve").problem(409)
    require([titles(asks).count(title) for title in (wanted, unwanted)] == [1, 0], "not what was decided")
    seen = asks.rest("GET", f"/v1/approvals/{ids[0]}").expect(200).json
    require(seen == done.json, f"who asked is told otherwise: {seen}")

    late = asks.rest("POST", "/v1/tasks", {"title": unwanted}).expect(202).json["approval"]["id"]
    journey.revoke(asks)
    decided(journey, late, "approve").problem(409)
    require(unwanted not in titles(journey.api), "a revoked connection did something")


@step()
def a_client_asks_its_person_before_an_agent_changes_anything(journey):
    asks, title, said = journey.connect("mcp", grant=GRANT, name="Careful"), journey.nonce(), []

    def person(question):
        said.append(question)
        return len(said) > 1  # no at first

    with asks.agent(person=person) as agent:
        require("not allowed" in agent.refused("create_task", title=title), "done although the person said no")
        require(title not in titles(asks), "done although the person said no")
        made = agent.use("create_task", title=title)
        require(made["title"] == title, f"not what was asked: {made}")
    require(len(said) == 2 and all("Careful" in question and title in question for question in said), f"{said}")
    require(titles(asks).count(title) == 1, "it was not done once")
    for era in ("legacy", "2026-07-28"):
        with asks.agent(era) as agent:
            why = agent.refused("delete_task", id=made["id"])
            id = why.split("larder://me/approvals/")[1].split(" ")[0]
    done = decided(journey, id, "approve").expect(200)
    done.require(done.json["answer"]["status"] == 200, "it was not done")
    require(title not in titles(asks), "it was approved, and is still there")
