"""What changed is kept: agents follow it, and the owner takes back what one of them did."""

from .calls import eventually, require
from .world import step


def follow(connection, since, wanted):
    """What is told from there on, page by page, once it is as much as wanted; and where to go on."""
    found, place = [], since

    def enough():
        nonlocal place
        page = connection.rest("GET", f"/v1/changes?limit=2&since={place}").expect(200).json
        found.extend(page["data"])
        place = page["next_cursor"]
        return len(found) >= wanted and not page["has_more"]

    eventually(f"{wanted} changes", enough, 60)
    return found, place


@step()
def an_agent_follows_what_changed_and_the_owner_takes_back_what_another_did(journey):
    mine, wild = journey.connect("api"), journey.connect("mcp")
    changed, deleted, shared = (mine.make_task(title)["id"] for title in ("changed", "deleted", "shared"))
    start = mine.rest("GET", "/v1/changes?since=now").expect(200).json["next_cursor"]
    since = wild.make_task("marks the beginning")
    made = wild.make_task("spam")["id"]
    for title in ("x", "y"):
        wild.rest("PATCH", f"/v1/tasks/{changed}", {"title": title}).expect(200)
    wild.rest("DELETE", f"/v1/tasks/{deleted}").expect(204)
    wild.rest("PATCH", f"/v1/tasks/{shared}", {"title": "x"}).expect(200)
    mine.rest("PATCH", f"/v1/tasks/{shared}", {"priority": "high"}).expect(200)
    journey.revoke(wild)

    def those(found):
        ids = {since["id"], made, changed, deleted, shared}
        return [change for change in found if change.get("id") in ids]

    found, place = follow(mine, start, 7)
    by_wild = [change for change in those(found) if change.get("by") == wild.id]
    require([change["verb"] for change in by_wild] == ["created", "created", "updated", "updated", "updated"], f"not in order: {by_wild}")
    require({"id": deleted, "verb": "removed"}.items() <= next(c for c in found if c.get("id") == deleted and c["verb"] == "removed").items(), "a delete is told")

    undo = {"since": since["created_at"]}
    path = f"/connections/{wild.id}/undo"
    dry = journey.owner("POST", path, undo | {"dry_run": True}).expect(200).json
    done = journey.owner("POST", path, undo).expect(200).json
    require(dry["data"] == done["data"], f"a dry run says something else: {dry}")
    did = {item["id"]: item["did"] for item in done["data"]}
    wanted = {since["id"]: "removed", made: "removed", changed: "reverted", deleted: "restored", shared: "conflict"}
    require(did == wanted, f"not what was done: {did}")
    conflict = next(item["conflict"] for item in done["data"] if item["id"] == shared)
    require(conflict["by"] == mine.id, f"the conflict is with somebody else: {conflict}")
    for id, title in ((changed, "changed"), (deleted, "deleted"), (shared, "x")):
        mine.task(id).expect(200).require(mine.task(id).json["title"] == title, f"{title} expected")
    mine.task(made).problem(404)
    back, _ = follow(mine, place, 4)
    verbs = sorted(change["verb"] for change in those(back))
    require(verbs == ["removed", "removed", "restored", "updated"], f"an undo is told like anything else: {back}")
    again = journey.owner("POST", path, undo).expect(200).json
    require(again["counts"]["nothing"] == 4, f"a repeat does something: {again}")
    journey.owner("POST", path, {"undo_of": done["undo"]}).expect(200)
    mine.task(made).expect(200)
    past = mine.rest("GET", f"/v1/tasks/{changed}/history").expect(200).json["data"]
    require({"own", wild.id, "owner"} == {change["by"] for change in past}, f"who wrote is missing: {past}")
