"""What was issued as a secret lies nowhere but in the one answer that showed it."""

import json
import re

from .calls import KEYS, Answer, require

# The calls whose answers show secrets, each its own and this once.
SHOWS = re.compile(r"POST \S+/connections(/conn_\w+/rotate(-secret)?)?$|POST \S+/token$")


# The last of all steps: by now, everything was written that ever will be.
def no_secret_lies_where_it_should_not(journey):
    issued = issued_by_answers()
    require(len(issued) > 20, f"only {len(issued)} secrets were issued")
    # The part of a key that is secret, too; what comes before it names owner and connection.
    hidden = issued | {secret.rpartition("_")[2] for secret in issued if secret.startswith(("lrd", "whsec_"))}
    for answer in Answer.all:
        if not shows(answer):
            found = [secret for secret in issued if secret in answer.text or secret in str(answer.headers)]
            require(not found, f"{len(found)} secrets lie in an answer to {answer.request.splitlines()[0]}")
    written = journey.host.everything_written()
    require(any(journey.api.id in text for _, text in written), "what is searched is not what was written")
    for name, text in written:
        found = [secret for secret in hidden if secret in text]
        require(not found, f"{len(found)} secrets lie in {name}")
        for like in KEYS.finditer(text):
            require(False, f"something like a secret lies in {name}: {place(like)}")


def issued_by_answers():
    found = set()
    for answer in Answer.all:
        if shows(answer):
            said = json.loads(answer.body)
            found |= {said[name] for name in ("key", "signing_secret", "token") if name in said}
    return found


def shows(answer):
    return answer.status in (200, 201) and SHOWS.match(answer.request.splitlines()[0])


def place(match):
    """Where to look, without saying the secret."""
    text, start = match.string, match.start()
    return f"{text[max(0, start - 60):start]!r}, then {match[0][:5]}…"
