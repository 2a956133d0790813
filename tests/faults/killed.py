"""Larder is killed while it writes and sends, over and over: what it had acknowledged, and what it kept without saying
so, arrives after the next start."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from measure.larder import Larder
from measure.sink import Sink, accepted_twice, hooks
from measure.webhooks import Writer

HANDS = 8
PAGE = 100  # Of the newest: among them is all that was under way when it ended.


def run(binary, meters, scratch, is_long, seed):
    rounds, writes = (50, 2_000) if is_long else (8, 200)
    nothing_lost = killed(binary, meters, scratch / "killed", rounds, writes, seed, within=120)
    nothing_lost &= killed_while_released(binary, meters, scratch / "released", 3 if is_long else 1, writes, seed, within=180)
    print("the same once, with an event that is answered and not kept:", flush=True)
    # The first one, which is long since written down when it is killed: otherwise it would be sent again.
    is_seen = not killed(binary, meters, scratch / "forgotten", 1, writes, seed, 5, "--forget", "1", least=writes // 2)
    return nothing_lost and is_seen


def killed(binary, meters, data, rounds, writes, seed, within, *options, least=1):
    """Whether nothing was lost."""
    dice, sound = random.Random(seed), True
    with Sink(meters, "ok:1", *options) as sink:
        key, expected, unsaid = None, set(), 0
        start = lambda: Larder(binary, data, options=["--outbound-allow", ",".join(sink.endpoints)])
        for _ in range(rounds):
            with start() as larder:
                if key is None:
                    key = larder.connection_key()
                    hooks(larder, sink.endpoints)
                acknowledged = written_until_killed(larder, key, writes, dice.randrange(least, writes))
            with start() as larder:
                kept = {task["id"] for task in larder.call("GET", f"/v1/tasks?limit={PAGE}", key)["data"]}
                unsaid += len(kept - acknowledged - expected)
                expected |= acknowledged | kept
                missing = missed(sink, expected, within)
                gone = [task for task in acknowledged - kept if not is_there(larder, key, task)]
            if missing or gone:
                sound = False
                print(f"a round lost {len(missing)} deliveries and {len(gone)} tasks: {sorted(missing)[:3]} {gone[:3]}")
        events = {arrival.event for arrival in sink.arrivals()}
        print(f"killed {rounds} times during {writes:,} writes each: {len(expected):,} changes kept, {unsaid} of them "
              f"never acknowledged; {len(expected) - len(missed(sink, expected, 0)):,} arrived as {len(events):,} "
              f"events, {accepted_twice(sink.arrivals()):,} more than once", flush=True)
        # One event for each change: what is sent again has the id that it had.
        return sound and len(events) == len(expected)


def killed_while_released(binary, meters, data, rounds, writes, seed, within):
    """The same while it sends what was parked in a pause. Whoever comes after it waits for a minute or two first."""
    dice, expected = random.Random(seed), set()
    with Sink(meters, "ok:1") as sink:
        start = lambda: Larder(binary, data, options=["--outbound-allow", ",".join(sink.endpoints)])
        with start() as larder:
            key, hook = larder.connection_key(), hooks(larder, sink.endpoints)[0]
        for _ in range(rounds):
            with start() as larder:
                larder.call("POST", f"/connections/{hook}/pause", larder.owner_token)
                expected |= set(Writer(larder, key, hands=HANDS).write(writes))
                larder.settle()
                before = sink.count()
                larder.call("POST", f"/connections/{hook}/resume", larder.owner_token)
                sink.until(before + dice.randrange(1, writes // 2), within)
                os.kill(larder.pid, signal.SIGKILL)
                after = sink.count() - before
            with start():
                missing = missed(sink, expected, within)
            print(f"killed when {after:,} of {writes:,} that were parked had arrived: {len(missing):,} are lost", flush=True)
        events = {arrival.event for arrival in sink.arrivals()}
        return not missing and len(events) == len(expected)


def written_until_killed(larder, key, writes, at):
    writer = Writer(larder, key, hands=HANDS)
    with ThreadPoolExecutor(1) as aside:
        writing = aside.submit(writer.write, writes)
        while len(writer.sent) < at and not writing.done():
            time.sleep(0.001)
        os.kill(larder.pid, signal.SIGKILL)
        writing.result()
    return set(writer.sent)


def missed(sink, expected, within):
    """What has not arrived, however long one waits for it."""
    end = time.monotonic() + within
    while missing := expected - {arrival.subject for arrival in sink.arrivals()}:
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return missing


def is_there(larder, key, task):
    return larder.call("GET", f"/v1/tasks/{task}", key)["id"] == task
