"""What a refusal of input that fits the description may be about: what no schema can say."""

import schemathesis

# Refusals that are about the state of things, as the conventions of HTTP have them.
OF_STATE = {401, 403, 404, 409, 410, 412, 429}

# What only somebody who knows more than the schema can tell: what there is, what fits together, what time it is.
REASONS = (
    "there is no such",
    "there is no collection",
    "a record stays in its collection",
    "not a cursor of this list",
    "an IANA time zone",
    "control characters are not allowed",
    "it is blank",
    "it follows from the goal's tasks",
    "what recurs needs `due`",
    "a moment after `since`",
    "it is in the past",
    "give either ",
    "at most 40 days before",
    "stays of its kind",
    "keeps its name",
    "it is the same as",
    "name at least one field",
    "this is over already",
    "of connections a webhook can only be told",
    "nothing of this connection was undone",
    "cannot be a part of itself",
    "is itself a part of another",
    "has parts of its own",
    "ten levels deep",
    "it would ",  # wait for itself, supersede itself
    "as its collection wants it",
    "its grant was written rule by rule",
    "the grant already says which",
    "a field is named twice",
    "a later moment is expected",
    "days ago cannot be undone",
    " have no field `",
    " of the plan ",  # is called the same, has the same title
    "reading asks nobody",
)
PLACES = (
    "/json_schema",  # a schema in prose: keywords within keywords
    "/data",  # as its collection says
    "/recurrence",  # a language of its own
    "If-Match",  # the tool writes only letters and digits into headers, never the quotes of an ETag
    "?grant",  # JSON within an address
    "/config",  # as its kind says
    "{id}",  # the tool guesses which answers lead where, and may take one noun's id for another's
)


def is_about_state(error):
    return error["pointer"].startswith(PLACES) or any(reason in error["detail"] for reason in REASONS)


@schemathesis.check
def takes_what_is_described(ctx, response, case):
    """Stricter than `positive_data_acceptance`: of the refusals as invalid, only those with such a reason pass."""
    if not (case.meta and case.meta.generation.mode.is_positive):
        return
    status = response.status_code
    if status < 400 or status >= 500 or status in OF_STATE:
        return
    errors = response.json().get("errors", []) if status == 400 else []
    assert errors and all(map(is_about_state, errors)), f"described, but refused: {response.text}"
