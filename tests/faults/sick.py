"""Many events to twenty endpoints, eleven of which are sick: whoever is well notices nothing, and whoever is sick gets
all of it once it is well again."""

import time
from contextlib import ExitStack

from measure.larder import Larder
from measure.sink import Sink, accepted_twice, hooks
from measure.webhooks import Writer

WELL = 9
SICK = "down:5,hang:3,coin:2,close:1"
# Beside whoever is sick, the slowest hundredth may take this much longer.
SLOWER = 1.2
# The two are written to by turns, so that what else the machine does meets both.
TURNS = 20


def run(binary, meters, scratch, is_long, seed):
    events, per_second, within = (10_000, 100, 900) if is_long else (300, 15, 300)
    endpoints = f"ok:{WELL},{SICK}", "--seed", str(seed)
    is_kept, is_soon, missing = told(binary, meters, scratch / "sick", events, per_second, within, *endpoints)
    print("the same once, with an event that is accepted and not kept:", flush=True)
    forgetful = f"ok:{WELL}", "--forget", "1"
    _, _, forgotten = told(binary, meters, scratch / "forgetful", 20, 15, 10, *forgetful)
    return is_kept and missing == 0 and (is_soon or not is_long) and forgotten == 1


def told(binary, meters, scratch, events, per_second, within, *endpoints):
    """Whether all of it was kept under one id each, whether whoever is well had theirs as soon as if they were alone, and
    how much has not arrived in the end."""
    with ExitStack() as stack:
        def world(name, *endpoints):
            sink = stack.enter_context(Sink(meters, *endpoints))
            allowed = ["--outbound-allow", ",".join(sink.endpoints)]
            larder = stack.enter_context(Larder(binary, scratch / name, options=allowed))
            return larder, sink, hooks(larder, sink.endpoints), Writer(larder, larder.connection_key(), per_second)

        alone = world("well", f"ok:{WELL}")
        beside = larder, sink, made, _ = world("sick", *endpoints)
        for _ in range(TURNS):
            for turn in (alone, beside):
                turn[3].write(events // TURNS)
        print(f"{events:,} events to {len(made)} endpoints, {per_second} a second, {endpoints[0]}:", flush=True)
        is_soon = soon(*(p99(turn[1], turn[3].sent, events, within) for turn in (alone, beside)))
        spent = [turn[0].cpu_seconds() * 1e3 / events for turn in (alone, beside)]
        print(f"  an event took {spent[0]:.1f} ms of processor time alone, {spent[1]:.1f} beside them", flush=True)
        states = known(larder, made, events, within)
        for state in sorted({state for of in states for state in of}):
            print(f"  {state}: {[of.get(state, 0) for of in states]}", flush=True)
        # What has failed once or twice still waits for its next try; nothing is given up, and nothing unknown.
        is_kept = all(sum(of.values()) == events and of.keys() <= {"delivered", "parked", "waiting"} for of in states)
        began, every = time.monotonic(), events * len(made)
        sink.mend()
        for hook in made[WELL:]:
            touched(larder, hook)
        arrived = until_all(sink, every, within)
        ids = {one.event for one in sink.arrivals()}
        print(f"  mended: {arrived:,} of {every:,} arrived after {time.monotonic() - began:.1f} s, under {len(ids):,} ids; "
              f"{accepted_twice(sink.arrivals()):,} more than once", flush=True)
    return is_kept and len(ids) == events, is_soon, every - arrived


def p99(sink, sent, events, within):
    """From the answer to a write until it arrived where all is well; in seconds. None if that is not all."""
    end = time.monotonic() + within
    while True:
        took = {(one.endpoint, one.event): one.at - sent[one.subject]
                for one in sink.arrivals() if one.endpoint < WELL and one.accepted}
        if len(took) == events * WELL:
            return sorted(took.values())[len(took) * 99 // 100]
        if time.monotonic() > end:
            print(f"  {len(took):,} of {events * WELL:,} arrived where all is well", flush=True)
            return None
        time.sleep(0.2)


def soon(alone, beside):
    if alone is None or beside is None:
        return False
    print(f"  those that are well have theirs in {alone * 1e3:.1f} ms (p99) alone, in {beside * 1e3:.1f} ms beside them: "
          f"{beside / alone:.2f} times as long", flush=True)
    return beside <= alone * SLOWER


def until_all(sink, every, within):
    """How many events have been accepted, at each endpoint once, when none is missing or time is up."""
    end = time.monotonic() + within
    while (arrived := len({(one.endpoint, one.event) for one in sink.arrivals() if one.accepted})) < every:
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return arrived


def known(larder, made, events, within):
    """What became of the events at each webhook; of what is tried for the first time nothing is known until it fails."""
    end = time.monotonic() + within
    while True:
        states = [states_of(larder, hook) for hook in made]
        if sum(sum(of.values()) for of in states) >= events * len(made) or time.monotonic() > end:
            return states
        time.sleep(1)


def states_of(larder, hook):
    """How many of its deliveries are in which state."""
    counts, cursor = {}, ""
    while cursor is not None:
        page = larder.call("GET", f"/connections/{hook}/deliveries?limit=100{cursor}", larder.owner_token)
        for one in page["data"]:
            counts[one["state"]] = counts.get(one["state"], 0) + 1
        cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None
    return counts


def touched(larder, hook):
    """Whatever its owner changes about a webhook has all of it tried again."""
    larder.call("PATCH", f"/connections/{hook}", larder.owner_token, {"description": "mended"})
