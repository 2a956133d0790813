#!/usr/bin/env python3
"""Walks through Larder with real clients, as its owner, agents and webhook receivers do, on either host.

  tests/journey.py deployed        what tests/deploy.py deployed (target/local-aws/deployed.json)
  tests/journey.py local           the `larder` process: $LARDER_BIN, or what cargo builds
  tests/journey.py local sign kill only the steps with one of these words in their name

Needs the Python environment `clients` of tests/setup. The steps are in tests/journey/, one list for both hosts; what
only one host has (owners by token; sign-in links, restarts, damaged files) is marked with @step("deployed") or
@step("local"). Prints a line for each step; one that fails is followed by the call it failed on, without secrets.
"""

import logging
import sys
import time
from tempfile import TemporaryDirectory

from journey import (  # each adds its steps, in this order
    doors, watched, provision, faces, asked, apps, endpoints, calendars, remembered, inputs, webhooks, receivers, verifiers,
    undone, moved, audited, laptop, ends, secrecy,
)
from journey.calls import Answer, Failed, hide_secrets
from journey.hosts import Deployed, Larder, binary
from journey.receiver import Receiver
from journey.world import STEPS, Journey


def deployed(words):
    host = Deployed()
    journey = Journey(host, Receiver(host.receiver))
    return walk(journey, STEPS["both"] + STEPS["deployed"] + LAST, words)


def local(words):
    receiver = Receiver()
    with TemporaryDirectory(prefix="larder-") as home:
        larder = Larder(binary(), home, receiver.address).start()
        try:
            return walk(Journey(larder, receiver), STEPS["both"] + STEPS["local"] + LAST, words)
        finally:
            larder.kill()


def named(function):
    return function.__name__.replace("_", " "), function


# Of what needs time, or tells of everything before it.
LAST = [named(function) for function in (
    watched.an_end_that_is_near_is_told_once, webhooks.nothing_arrived_twice, audited.what_happened_was_sealed,
    secrecy.no_secret_lies_where_it_should_not,
)]


def walk(journey, steps, words):
    passed = failed = 0
    for name, take in steps:
        if words and not any(word in name for word in words):
            continue
        Answer.last, began = None, time.monotonic()
        why = attempt(take, journey)
        took = time.monotonic() - began
        if why is None:
            passed += 1
            print(f"ok    {name}  ({took:.1f} s)", flush=True)
        else:
            failed += 1
            print(f"FAIL  {name}: {hide_secrets(why)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0 and passed > 0


def attempt(take, journey):
    """Why it failed, with the last call if the reason does not show one."""
    try:
        take(journey)
        return None
    except Exception as error:
        why = explain(error)
        return why if "\n" in why or Answer.last is None else f"{why}\nThe last call:\n{Answer.last}"


def explain(error):
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(explain(inner) for inner in error.exceptions)
    if isinstance(error, Failed):
        return str(error)
    trace = error.__traceback__
    while trace.tb_next and "journey" in trace.tb_next.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} (in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno})"


if __name__ == "__main__":
    logging.disable(logging.ERROR)  # of the MCP client, which may log what it sends
    hosts = {"deployed": deployed, "local": local}
    if len(sys.argv) < 2 or sys.argv[1] not in hosts:
        sys.exit(__doc__)
    try:
        sys.exit(0 if hosts[sys.argv[1]](sys.argv[2:]) else 1)
    except Failed as failure:
        sys.exit(f"FAIL  {failure}")
