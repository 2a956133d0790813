"""What only the local host has: signing in by a link, sessions, and its place among the programs of one machine."""

import re
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from .calls import call, refused_as, require
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
        signed = call("GET", larder.sign_in).expect(200)  # a page that goes on by itself: see pages.rs
        cookie, *attributes = [part.strip() for part in signed.headers["Set-Cookie"].split(";")]
        attributes = [attribute.lower() for attribute in attributes]
        require({"httponly", "samesite=strict", "path=/", "max-age=2592000"} == {*attributes}, f"{attributes}")
        again = call("GET", larder.sign_in)
        again.require(again.status >= 400 and not again.headers["Set-Cookie"], "the link should work once")
        where = larder.url + re.search('url=(/[^"]*)', signed.text)[1]
        page = call("GET", where, headers={"Cookie": cookie}).expect(200)
        page.require("Only the owner" in page.text, "the owner's page expected")
        page = call("GET", where, headers={"Cookie": cookie[:-1] + ("0" if cookie[-1] != "0" else "1")})
        page.require("Only the owner" not in page.text, "it is shown to a forged session")
        signed_in(larder, cookie)
        out = call("POST", f"{larder.url}/sign-out", headers={"Cookie": cookie, "Origin": larder.url}).expect(200)
        require("Max-Age=0" in out.headers["Set-Cookie"], "the cookie is not taken back")


@step("local")
def a_fresh_link_signs_in_and_signing_out_everywhere_ends_it(journey):
    with another(journey) as (larder, inner):
        refused = larder.command("sign-in", "--data", larder.data)
        require(refused.communicate(timeout=20)[0] == "" and refused.returncode > 0, "a link to no Larder")
        larder.start()
        first, second, unused = (printed(larder, "sign-in") for _ in range(3))
        cookies = [call("GET", link).expect(200).headers["Set-Cookie"].split(";")[0] for link in (first, second)]
        larder.stop(), larder.start()
        here = lambda cookie: call("GET", f"{larder.url}/connections", headers={"Cookie": cookie})
        for cookie in cookies:
            here(cookie).expect(200)
        moved = lambda link: larder.url + link[link.index("/sign-in"):]
        require(call("GET", moved(second)).status == 403, "a link should work once, whoever runs")
        token = larder.owner_token
        inner.owner("POST", "/owner/sign-out-everywhere").expect(204)
        for cookie in cookies:
            refused_as(here(cookie), 401, "not-signed-in", "signed out everywhere on")
        refused_as(inner.owner("GET", "/connections", token=token), 401, "not-signed-in", "signed out everywhere on")
        require(call("GET", moved(unused)).status == 401, "a link from before should be refused")
        inner.owner("GET", "/connections", token=printed(larder, "owner-token")).expect(200)
        cookie = call("GET", printed(larder, "sign-in")).expect(200).headers["Set-Cookie"].split(";")[0]
        here(cookie).expect(200)


def printed(larder, command):
    process = larder.command(command, "--data", larder.data)
    said = process.communicate(timeout=20)[0].strip()
    require(process.returncode == 0 and said, f"{command}: exit code {process.returncode}\n{larder.log_tail()}")
    return said


def signed_in(larder, cookie):
    """The cookie is the owner's, but only on Larder's own pages."""
    url, new = f"{larder.url}/connections", {"kind": "api", "name": "By a browser"}
    own = {"Cookie": cookie, "Origin": larder.url}
    call("GET", url, headers={"Cookie": cookie}).expect(200)
    call("GET", url, headers={"Cookie": cookie.replace("lrdo_session", "lrdo_token")}).problem(401)
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
    for running in (True, False):
        if not running:
            larder.stop()
        token = printed(larder, "owner-token")
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
