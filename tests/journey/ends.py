"""How a local Larder ends and starts again: asked, killed, with damaged data. Nothing that it acknowledged is lost."""

import hashlib
import http.client
import secrets
import socket
import threading
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from .calls import Failed, eventually, require
from .hosts import Larder
from .world import Journey, step


@contextmanager
def another(journey):
    """Another Larder with a folder of its own, not yet started."""
    with TemporaryDirectory(prefix="larder-") as home:
        larder = Larder(journey.host.binary, home, journey.receiver.address)
        try:
            yield larder, Journey(larder, journey.receiver)
        finally:
            larder.kill()


@step("local")
def a_second_start_finds_everything_again(journey):
    task = journey.api.make_task("Still there")
    connection = journey.settings(journey.api)
    journey.host.stop()
    journey.host.start()
    require(journey.api.task(task["id"]).expect(200).json == task, "the task is not the same")
    require(journey.settings(journey.api) == connection, "the connection is not the same")
    with journey.mcp.agent() as agent:
        require(agent.use("get_task", id=task["id"]) == task, "the task is not the same over MCP")


@step("local")
def it_stops_cleanly_as_soon_as_it_is_ready(journey):
    with another(journey) as (larder, _):
        for _ in range(10):
            larder.start()
            larder.stop()


@step("local")
def a_call_in_hand_is_answered_before_the_end(journey):
    with another(journey) as (larder, inner):
        larder.start()
        key, body = inner.api.key, b'{"title": "Slow"}'
        with socket.create_connection((urlsplit(larder.url).hostname, urlsplit(larder.url).port), 20) as slow:
            slow.sendall(
                f"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nExpect: 100-continue\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            said = slow.recv(1000)  # comes when the handler waits for the body
            require(said.startswith(b"HTTP/1.1 100"), f"100 Continue expected: {said}")
            larder.ask_to_stop()
            eventually("no new calls are accepted", lambda: not listens(larder), 10)
            slow.sendall(body)
            answer = http.client.HTTPResponse(slow, method="POST")
            answer.begin()
            require(answer.status == 201, f"{answer.status} instead of 201: {answer.read()}")
            path = answer.headers["Location"]
            answer.read()
        require((code := larder.gone()) == 0, f"exit code {code}")
        larder.start()
        inner.api.rest("GET", path).expect(200)


def listens(larder):
    try:
        socket.create_connection((urlsplit(larder.url).hostname, urlsplit(larder.url).port), 2).close()
        return True
    except ConnectionError:  # a reset, if it closes between the two
        return False


@step("local")
def what_was_not_delivered_before_the_end_is_delivered_after(journey):
    with another(journey) as (larder, inner):
        larder.start()
        failing = inner.hook(answers=[500], events=["task.created"])
        held = inner.hook(events=["task.deleted"])
        held.free.clear()
        task = inner.api.make_task("Told after the restart")["id"]
        failing.arrived("task.created", task)
        inner.api.rest("DELETE", f"/v1/tasks/{task}").expect(204)
        held.arrived("task.deleted", task)
        larder.ask_to_stop()
        eventually("no new calls are accepted", lambda: not listens(larder), 10)
        held.free.set()
        require((code := larder.gone()) == 0, f"exit code {code}")
        larder.start()
        (first, _), (last, _) = failing.again(task)
        require((first.id, last.status) == (last.id, 200), "the second try is not the same event")
        require(len(held.hits) == 1, "a delivery that was finished is sent again")


@step("local")
def what_was_acknowledged_survives_a_kill(journey):
    with another(journey) as (larder, inner):
        larder.start()
        hook, api, acknowledged = inner.hook(), inner.api, []

        def write():
            try:
                while True:
                    acknowledged.append(api.make_task(f"Written {secrets.token_hex(4)}"))
            except Failed:
                pass  # it was killed

        writers = [threading.Thread(target=write) for _ in range(8)]
        for writer in writers:
            writer.start()
        eventually("200 writes", lambda: len(acknowledged) >= 200, 30)
        larder.kill()
        for writer in writers:
            writer.join(20)
        larder.start()
        for task in acknowledged:
            require(api.task(task["id"]).expect(200).json == task, "an acknowledged write is gone")
        wanted = {task["id"] for task in acknowledged}

        def told():
            return wanted <= {event["data"]["id"] for _, event in hook.events()}

        eventually("every acknowledged write is told to the webhook", told, 120)


@step("local")
def after_a_clean_end_one_file_holds_all_data(journey):
    with another(journey) as (larder, inner):
        larder.start()
        inner.api.make_task("In the file")
        larder.stop()
        require(not (more := beside(larder)), f"a copy of larder.db and larder.key would lack {more}")


def beside(larder):
    """Files with content that are not the data file and the key."""
    files = {path.name for path in larder.data.iterdir() if path.stat().st_size}
    return ", ".join(sorted(files - {"larder.db", "larder.key"}))


@step("local")
def damaged_data_refuses_to_start_and_is_left_as_it_is(journey):
    with another(journey) as (larder, inner):
        larder.start()
        for number in range(60):
            inner.api.make_task(f"Padding {number}", description="x" * 2000)
        larder.stop()
        require(not beside(larder), "what is damaged is not all of the data: it does not lie in one file")
        file, key = larder.data / "larder.db", larder.data / "larder.key"
        good, secret = file.read_bytes(), key.read_bytes()
        middle, junk, wrong = len(good) // 2, bytes(range(256)) * 48, []
        for what, path, bad in (
            ("its middle overwritten", file, good[:middle] + junk + good[middle + len(junk):]),
            ("its header overwritten", file, junk[:100] + good[100:]),
            ("its header zeroed", file, bytes(100) + good[100:]),
            ("its second half missing", file, good[:middle]),
            ("text", file, b"not a data file\n" * 100),
            ("an empty data file", file, b""),
            ("another key", key, secrets.token_bytes(len(secret))),
            ("half a key", key, secret[:16]),
            ("no key", key, None),
        ):
            file.write_bytes(good), key.write_bytes(secret)
            path.unlink() if bad is None else path.write_bytes(bad)
            before = digests(larder.data)
            try:
                said = larder.refuses_to_start()
                require(path.name in said, f"it does not name the file: {said}")
                require(digests(larder.data) == before, "the files were changed")
            except Failed as failure:
                wrong.append(f"{what}: {failure}")
        require(not wrong, "\n".join(wrong))
        file.write_bytes(good), key.write_bytes(secret)
        larder.start()
        inner.api.rest("GET", "/v1/tasks").expect(200)


def digests(folder):
    """What is in each file; a lock and what stands beside the data while it is open do not count."""
    files = (path for path in folder.iterdir() if path.suffix in (".db", ".key"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
