"""Every change arrives once at each webhook that may know of it, signed."""

from collections import Counter

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from .calls import eventually, require
from .world import step


@step()
def every_change_is_sent_and_signed(journey):
    hook, other, thin = journey.hook(), journey.hook(), journey.hook(payload="thin")
    made = journey.api.make_task("Watched", labels=["déjà vu"])
    path = f"/v1/tasks/{made['id']}"
    changed = journey.api.rest("PATCH", path, {"status": "completed"}).expect(200).json
    journey.api.rest("DELETE", path).expect(204)
    with journey.mcp.agent() as agent:
        by_agent = agent.use("create_task", title="Watched, by an agent")
    for kind, task, source in (
        ("task.created", made, journey.api), ("task.completed", changed, journey.api),
        ("task.deleted", changed, journey.api), ("task.created", by_agent, journey.mcp),
    ):
        hit, event = hook.arrived(kind, task["id"])
        told = event["data"]
        require((told["source"], told["id"], told["object"]) == (source.id, task["id"], task), f"not as it was: {event}")
        _, event = thin.arrived(kind, task["id"])
        del told["object"]
        require(event["data"] == told, f"not the same without the object: {event}")
        require(set(event) == {"type", "timestamp", "data"}, f"not the standard's envelope: {event}")
        require(hit.headers["content-type"] == "application/json", f"{hit.headers}")
        twin, _ = other.arrived(kind, task["id"])
        require(twin.id == hit.id, "one change has two ids")
    ids = [hit.id for hit, _ in hook.events()]
    require(len(ids) == len(set(ids)) == 4, f"4 changes, but these arrived: {[event for _, event in hook.events()]}")
    own, another = hook.connection.signing_secret, other.connection.signing_secret
    for secret, body in ((another, hit.body), (own, hit.body + b" ")):
        try:
            Webhook(secret).verify(body, hit.headers)
        except WebhookVerificationError:
            continue
        require(False, "the signature also fits another secret or another body")


@step()
def a_webhook_hears_only_what_it_may_and_wants(journey):
    every = journey.hook(events=())
    deaf = journey.hook(grant=[], events=())
    elsewhere = journey.hook(grant=[{"resource": "goals", "actions": ["read", "write", "delete"]}], events=())
    writer = journey.hook(grant=[{"resource": "tasks", "actions": ["write"]}], events=())
    deleted = journey.hook(events=["task.deleted"])
    task = journey.api.make_task("Heard by some")["id"]
    journey.api.rest("DELETE", f"/v1/tasks/{task}").expect(204)
    every.arrived("task.created", task), every.arrived("task.deleted", task), deleted.arrived("task.deleted", task)
    heard = [event["type"] for _, event in deleted.events()]
    require(heard == ["task.deleted"], f"asked for task.deleted, heard {heard}")
    for hook in (deaf, elsewhere, writer):
        require(hook.hits == [], "a webhook heard what it may not read")


@step()
def a_failed_delivery_is_tried_again(journey):
    hook = journey.hook(answers=[500])
    task = journey.api.make_task("Told twice")["id"]
    hook.arrived("task.created", task)
    second = hook.again(task)
    require([hit.status for hit, _ in second] == [500, 200], "answered 500, then 200")
    (first, before), (last, after) = second
    require(first.id == last.id and before == after, "the second try is not the same event")


@step()
def what_happens_in_a_pause_is_told_after_it(journey):
    hook, witness = journey.hook(), journey.hook()
    journey.owner("POST", f"/connections/{hook.connection.id}/pause").expect(200)
    tasks = [journey.api.make_task(f"Told later, {number}")["id"] for number in range(5)]
    for task in tasks:
        witness.arrived("task.created", task)
    require(hook.hits == [], "it was told in its pause")
    journey.owner("POST", f"/connections/{hook.connection.id}/resume").expect(200)
    for task in tasks:
        hook.arrived("task.created", task, within=130)
    told = [event["data"]["id"] for _, event in hook.events()]
    require(told == tasks, f"not in order: {told} instead of {tasks}")


@step()
def a_receiver_that_is_gone_is_left_alone(journey):
    hook = journey.hook(answers=[410])
    task = journey.api.make_task("Not wanted")["id"]
    hook.arrived("task.created", task)
    seen = eventually("its end", lambda: (seen := journey.settings(hook.connection)).get("disabled") and seen)
    require((seen["status"], seen["disabled"]["reason"]) == ("inactive", "gone"), f"{seen}")
    journey.owner("POST", f"/connections/{hook.connection.id}/resume").expect(200)
    second = hook.again(task, within=130)
    require([hit.status for hit, _ in second] == [410, 200], "answered 410, then 200")


@step()
def what_became_of_each_event_is_told_and_one_is_sent_again(journey):
    hook = journey.hook(answers=[500])
    at = f"/connections/{hook.connection.id}"
    task = journey.api.make_task("Told, and told again")["id"]
    hook.again(task)
    events = lambda: journey.owner("GET", f"{at}/deliveries?event=task.created").expect(200).json["data"]
    one = eventually("its row", lambda: next((one for one in events() if one["state"] == "delivered"), None), 20)
    tries = [attempt["status"] for attempt in one["attempts"]]
    require((one["about"], one["id"], tries) == (task, hook.hits[0].id, [500, 200]), f"{one}")
    journey.owner("POST", f"{at}/deliveries/{one['id']}/replay").expect(202)
    eventually("a third delivery", lambda: len(hook.hits) == 3, 20)
    require(hook.hits[2].body == hook.hits[0].body, "it is not the same event")
    eventually("the third try", lambda: len(events()[0]["attempts"]) == 3, 20)
    health = journey.owner("GET", f"{at}/health").expect(200)
    health.require((health.json["state"], health.json["failed"]) == ("sending", 0), "a healthy webhook expected")
    journey.hooks.remove(hook)  # what came twice was asked for


@step()
def a_test_event_is_sent_at_once_and_as_it_would_be_told(journey):
    hook = journey.hook(events=())
    at = f"/connections/{hook.connection.id}/deliveries"
    for event in ("larder.test", "task.created", "record.films.updated"):
        asked = journey.owner("POST", f"{at}/test", {"event": event}).expect(202).json["id"]
        hit, told = eventually(event, lambda: next((one for one in hook.events() if one[0].id == asked), None), 10)
        require((told["type"], told["data"]["test"]) == (event, True), f"no test of {event}: {told}")
        one = eventually("its row", lambda: (one := journey.owner("GET", f"{at}/{asked}")).status == 200 and one.json, 20)
        require((one["state"], one["attempts"][0]["status"]) == ("delivered", hit.status), f"{one}")
    refused = journey.owner("POST", f"{at}/test", {"event": "task.flown"}).expect(400)
    refused.require(refused.json["errors"][0]["pointer"] == "/event", "its place expected")
    journey.owner("POST", f"/connections/{hook.connection.id}/pause").expect(200)
    journey.owner("POST", f"{at}/test").expect(409)


@step()
def a_slow_receiver_holds_up_no_other(journey):
    slow, other = journey.hook(), journey.hook()
    slow.free.clear()
    try:
        task = journey.api.make_task("Slowly taken")["id"]
        slow.arrived("task.created", task), other.arrived("task.created", task, within=8)
        journey.api.rest("DELETE", f"/v1/tasks/{task}").expect(204)
        other.arrived("task.deleted", task, within=4)
    finally:
        slow.free.set()


@step()
def a_revoked_webhook_hears_nothing_more(journey):
    hook, witness = journey.hook(), journey.hook()
    heard = journey.api.make_task("Heard")["id"]
    hook.arrived("task.created", heard), witness.arrived("task.created", heard)
    journey.revoke(hook.connection)
    unheard = journey.api.make_task("Unheard")["id"]
    witness.arrived("task.created", unheard)
    later = journey.api.make_task("Unheard, too")["id"]
    witness.arrived("task.created", later)
    require([event["data"]["id"] for _, event in hook.events()] == [heard], "it heard more")


@step()
def a_webhook_with_a_failed_delivery_is_revoked_in_time(journey):
    hook, witness = journey.hook(answers=[500]), journey.hook(answers=[500])
    task = journey.api.make_task("Not told again")["id"]
    hook.arrived("task.created", task), witness.arrived("task.created", task)
    journey.revoke(hook.connection)
    witness.again(task)
    require(len(hook.hits) == 1, "it was tried again after it was revoked")


# The last of the steps: by now, whatever would come twice has come.
def nothing_arrived_twice(journey):
    for hook in journey.hooks:
        accepted = Counter(hit.id for hit, _ in hook.events() if hit.status == 200)
        twice = [event for hit, event in hook.events() if accepted[hit.id] > 1]
        require(not twice, f"accepted, and sent again: {twice}")
