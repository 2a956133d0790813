"""What only the local host has: signing in by a link, sessions, and its place among the programs of one machine."""

from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from .calls import SECRETS, call, require
from .ends import another
from .world import step


@step("local")
def the_sign_in_link_works_once(journey):
    with another(journey) as (larder, inner):
        larder.start()
        inner.connect("api", name="Only the owner sees this name")
        home = call("GET", f"{larder.url}/").expect(200)
        home.require("Only the owner" not in home.text, "it is shown to anybody")
        wrong = call("GET", larder.sign_in[:-1] + ("0" if larder.sign_in[-1] != "0" else "1"))
        wrong.require(wrong.status >= 400 and not wrong.headers["Set-Cookie"], "a wrong code should be refused")
        signed = call("GET", larder.sign_in).expect(302, 303)
        cookie, *attributes = [part.strip() for part in signed.headers["Set-Cookie"].split(";")]
        attributes = [attribute.lower() for attribute in attributes]
        require("httponly" in attributes and {"samesite=lax", "samesite=strict"} & {*attributes}, f"{attributes}")
        again = call("GET", larder.sign_in)
        again.require(again.status >= 400 and not again.headers["Set-Cookie"], "the link should work once")
        where = larder.url + signed.headers["Location"]
        page = call("GET", where, headers={"Cookie": cookie}).expect(200)
        page.require("Only the owner" in page.text, "the owner's page expected")
        page = call("GET", where, headers={"Cookie": cookie[:-1] + ("0" if cookie[-1] != "0" else "1")})
        page.require("Only the owner" not in page.text, "it is shown to a forged session")
        signed_in(larder, cookie)


def signed_in(larder, cookie):
    """The cookie is the owner's, but only on Larder's own pages."""
    url, new = f"{larder.url}/connections", {"kind": "api", "name": "By a browser"}
    own = {"Cookie": cookie, "Origin": larder.url}
    call("GET", url, headers={"Cookie": cookie}).expect(200)
    call("GET", url, headers={"Cookie": cookie.replace("session", "token", 2)}).problem(401)
    for foreign in ({"Origin": "https://example.com"}, {"Origin": "null"}, {"Origin": None},
                    {"Origin": f"http://127.0.0.1:{urlsplit(larder.url).port + 1}"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        call("POST", url, new, headers=own | foreign).problem(403)
    call("POST", url, new, headers=own).expect(201)
    call("POST", url, new, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}).expect(201)
    call("GET", f"{larder.url}/v1/tasks", headers={"Cookie": cookie}).problem(401)


@step("local")
def a_foreign_host_name_is_not_answered(journey):
    foreign = {"Host": f"larder.example:{urlsplit(journey.host.url).port}"}
    for path in ("/", "/v1/tasks", "/connections", "/mcp"):
        answer = call("GET", journey.host.url + path, token=journey.host.owner_token, headers=foreign)
        answer.require(400 <= answer.status < 500, "a refusal expected")
        require("connection" not in answer.text or answer.status == 421, f"{answer}")


@step("local")
def owner_token_prints_a_token_that_works(journey):
    larder = journey.host
    tokens = set()
    for running in (True, False):
        if not running:
            larder.stop()
        process = larder.command("owner-token", "--data", larder.data)
        token = process.communicate(timeout=20)[0].strip()
        require(process.returncode == 0 and token, f"exit code {process.returncode}:\n{larder.log_tail()}")
        tokens.add(token)
        if not running:
            larder.start()
        journey.owner("GET", "/connections", token=token).expect(200)
        journey.owner("GET", "/connections", token=token[:-1] + ("0" if token[-1] != "0" else "1")).problem(401)
    with TemporaryDirectory(prefix="larder-") as nowhere:
        process = larder.command("owner-token", "--data", nowhere)
        require(process.communicate(timeout=20)[0] == "" and process.returncode > 0, "a token of no Larder")


@step("local")
def a_second_larder_on_the_same_data_refuses_to_start(journey):
    said = journey.host.refuses_to_start()
    require(str(journey.host.data) in said, f"it does not name the folder: {said}")
    journey.api.rest("GET", "/v1/tasks").expect(200)


@step("local")
def a_port_in_use_refuses_to_start(journey):
    with another(journey) as (larder, _):
        for taken in (journey.receiver.address, urlsplit(journey.host.url).netloc):
            said = larder.refuses_to_start(listen=taken)
            require(taken in said, f"it does not name {taken}: {said}")


@step("local")
def nobody_else_can_read_the_data(journey):
    larder = journey.host
    journey.api.make_task("Private")
    open_to_all = [path.name for path in larder.data.iterdir() if path.stat().st_mode & 0o077]
    closed = larder.data.stat().st_mode & 0o077 == 0
    require(closed or not open_to_all, f"other users can read {', '.join(sorted(open_to_all))}")


# The last of the local steps: by now, everything was written that ever will be.
def no_secret_lies_in_the_log_or_the_data(journey):
    larder = journey.host
    connections = [journey.api, journey.mcp, journey.sdk, *(hook.connection for hook in journey.hooks)]
    hidden = [part for one in connections for part in (one.key, one.key.split("_")[2], one.signing_secret) if part]
    hidden += [one.signing_secret.removeprefix("whsec_") for one in connections if one.signing_secret]
    larder.stop()
    for path in [larder.log, *larder.data.iterdir()]:
        text = path.read_bytes().decode("latin-1")
        found = [secret for secret in hidden if secret in text]
        require(not found, f"{len(found)} secrets lie in {path.name}")
        require(not SECRETS.search(text), f"something like a secret lies in {path.name}")
