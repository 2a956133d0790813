"""What agents remember for each other: said once, found in other words, gone when it expires."""

import time
from datetime import datetime, timedelta, timezone

from .calls import require
from .world import step


@step()
def what_one_agent_remembers_another_finds_in_other_words(journey):
    nonce = journey.nonce()
    said = {"content": f"Anna {nonce} is allergic to hazelnuts", "type": "fact", "tags": ["food"], "importance": 0.9}
    with journey.mcp.agent() as agent:
        made = agent.use("add_memory", **said)
        require(said.items() <= made.items(), f"not what was told: {made}")
        require(agent.use("create_memory", content=said["content"])["id"] == made["id"], "it was remembered twice")
        asked = {"query": "what must she never be served", "queries": ["Haselnüsse", f"hazelnut allergy {nonce}"]}
        found = agent.use("search_memory", **asked)
    require(found["data"][0]["memory"] == made, f"another one was found: {found}")
    require(found["data"][0]["why"]["words"], f"it does not say why: {found}")
    again = journey.api.rest("POST", "/v1/memories/search", asked).expect(200).json
    require(again == found, f"REST finds something else: {again}")
    journey.api.rest("POST", "/v1/memories", {"content": said["content"]}).expect(200)

    newer = {"content": f"Anna {nonce} may eat hazelnuts again", "supersedes": made["id"]}
    newer = journey.api.rest("POST", "/v1/memories", newer).expect(201).json
    question = {"query": f"Anna {nonce} hazelnuts"}
    hits = journey.api.rest("POST", "/v1/memories/search", question).expect(200).json["data"]
    by = [(hit["memory"]["id"], hit.get("superseded_by")) for hit in hits[:2]]
    require(by == [(newer["id"], None), (made["id"], newer["id"])], f"the newer one is to be read first: {by}")

    grant = [{"resource": "memories", "actions": ["read", "write"], "only": {"own": True}}]
    stranger = journey.connect("api", grant=grant)
    hits = stranger.rest("POST", "/v1/memories/search", question).expect(200).json
    require(hits == {"data": [], "partial": False}, f"found by who may not read it: {hits}")
    own = stranger.rest("POST", "/v1/memories", {"content": said["content"]}).expect(201).json
    require(own["id"] != made["id"], "it was told that somebody else remembers it")
    for id in (own["id"], newer["id"], made["id"]):
        journey.api.rest("DELETE", f"/v1/memories/{id}").expect(204)
    hits = journey.api.rest("POST", "/v1/memories/search", question).expect(200).json["data"]
    require(all(nonce not in hit["memory"]["content"] for hit in hits), f"deleted, and found: {hits}")


@step()
def a_memory_that_expires_is_gone(journey):
    ends = datetime.now(timezone.utc) + timedelta(seconds=3)
    body = {"content": f"The code is {journey.nonce()}", "expires_at": ends.isoformat(timespec="seconds")}
    made = journey.api.rest("POST", "/v1/memories", body).expect(201).json
    path, question = f"/v1/memories/{made['id']}", {"query": made["content"]}
    past = {"content": journey.nonce(), "expires_at": "2020-01-01"}
    journey.api.rest("POST", "/v1/memories", past).problem(400, "/expires_at")
    time.sleep(max(0.0, (ends - datetime.now(timezone.utc)).total_seconds()) + 1)
    journey.api.rest("GET", path).problem(404)
    journey.api.rest("PATCH", path, {"title": "Too late"}).problem(404)
    hits = journey.api.rest("POST", "/v1/memories/search", question).expect(200).json["data"]
    require(all(hit["memory"]["id"] != made["id"] for hit in hits), f"expired, and found: {hits}")
    again = journey.api.rest("POST", "/v1/memories", {"content": made["content"]}).expect(201).json
    require(again["id"] != made["id"], "what has expired is not there already")
