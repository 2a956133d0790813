"""One HTTP call and its answer, waiting, and what a failed step shows: everything but the secrets."""

import http.client
import json
import re
import time
from urllib.parse import urlsplit

KEYS = re.compile(r"lrd[aoqr]?_[0-9a-z]+_[0-9a-z_]+|whsec_[\w+/=]+|eyJ[\w-]+\.[\w-]+\.[\w-]+")
SECRETS = re.compile(rf"{KEYS.pattern}|(?<=code=)[\w-]+")


class Failed(Exception):
    """A step did not see what it should."""


def require(holds, why):
    if not holds:
        raise Failed(why)


def hide_secrets(text):
    return SECRETS.sub("***", text)


def shorten(text, most=1_000):
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def eventually(what, look, within=60):
    """What `look` returns as soon as it is true."""
    deadline = time.monotonic() + within
    while not (found := look()):
        require(time.monotonic() < deadline, f"not within {within} s: {what}")
        time.sleep(0.05)
    return found


def refused_as(answer, status, code, *words):
    """Checks that it is this problem and no other, and that it says why."""
    answer.problem(status)
    answer.require(answer.json["type"] == f"urn:larder:problem:{code}", f"the problem {code} expected")
    for word in words:
        answer.require(word in answer.json["detail"], f"{word!r} expected in the reason")
    return answer


class Answer:
    all = []  # every one of this run, for the search for secrets
    last = None  # the answer to the last call, for a step that fails on something else

    def __init__(self, request, status, headers, body):
        self.request, self.status, self.headers, self.body = request, status, headers, body
        Answer.last = self
        Answer.all.append(self)

    def __str__(self):
        return f"{self.request}\n-> {self.status}\n{shorten(self.text)}"

    @property
    def text(self):
        return self.body.decode(errors="replace")

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(f"JSON expected\n{self}") from None

    def require(self, holds, why):
        require(holds, f"{why}\n{self}")

    def expect(self, *statuses):
        self.require(self.status in statuses, f"{' or '.join(map(str, statuses))} expected")
        return self

    def problem(self, status, pointer=None):
        """Checks that it is a refusal as every refusal must be, naming the wrong place if there is one."""
        self.expect(status)
        self.require(self.headers.get_content_type() == "application/problem+json", "a problem expected")
        said = self.json
        self.require(said["type"].startswith("urn:larder:problem:"), "a type of ours expected")
        self.require(said["status"] == status, "the status is not the answer's")
        self.require(said["title"] and said["detail"], "no explanation")
        self.require(said["request_id"] == self.headers["X-Request-Id"], "the request id is not the header's")
        if pointer is not None:
            named = [error["pointer"] for error in said.get("errors", [])]
            self.require(named == [pointer], f"{pointer!r} should be named")
        return self


def call(method, url, body=None, token=None, headers=None, timeout=60):
    """A body of bytes goes out as it is, any other as JSON; a header that is None is left out."""
    parts = urlsplit(url)
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if data is not None else {}
    sent |= {"Authorization": f"Bearer {token}"} if token is not None else {}
    sent = {name: value for name, value in (sent | (headers or {})).items() if value is not None}
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    said = f"{method} {url}\n{shorten(data.decode(errors='replace'), 500) if data else '(no body)'}"
    try:
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), data, sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was sent: the answer says why
        response = connection.getresponse()
        return Answer(said, response.status, response.headers, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"no answer: {error!r}\n{said}") from error
    finally:
        connection.close()
