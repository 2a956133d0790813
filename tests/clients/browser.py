"""The owner in a browser: signs in once, and lets an app in on the page that it was sent to.
    COOKIE=… ORIGIN=… tests/clients/browser.py URL    prints where the browser is sent then
"""

import html
import os
import re
import socket
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from journey.calls import call, eventually, require  # noqa: E402

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SIGN_IN = re.compile(r'href="([^"]+/sign-in/begin\?[^"]+)"')

# Nobody waits there: what the browser is sent to is read.
ABOUT = {"client_name": "Python", "redirect_uris": ["http://127.0.0.1:9/callback"], "token_endpoint_auth_method": "none",
         "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]}


class Browser:
    def __init__(self, origin, cookie):
        self.origin, self.cookie = origin, {"Cookie": cookie}

    @classmethod
    def signed_in(cls, larder):
        """By the link that works once."""
        page = call("GET", larder.sign_in).expect(200, 303)
        return cls(larder.url, page.headers["Set-Cookie"].split(";")[0])

    def lets_in(self, url):
        """Allows all that the app asks for; where the browser is sent then."""
        page = self.page_of(call("GET", url))
        boxes = re.findall(r'type="checkbox" name="([^"]+)"', page)
        answer = {"request": found(r'name="request" value="([^"]+)"', page), "decision": "allow", "connection": "new"}
        body = urlencode(answer | dict.fromkeys(boxes, "on")).encode()
        headers = self.cookie | FORM | {"Origin": self.origin}
        return call("POST", f"{self.origin}/consent", body, headers=headers).expect(303).headers["Location"]

    def page_of(self, answer):
        """The page that this one leads on to."""
        onward = self.origin + found(r'url=([^"]+)"', answer.expect(200).text)
        return call("GET", onward, headers=self.cookie).expect(200).text

    def goes_on(self, url):
        """To the app's own address on this machine, which waits for it."""
        host, port = urlsplit(url).hostname, urlsplit(url).port
        require(host in ("localhost", "127.0.0.1"), f"not on this machine: {url}")
        eventually("an app waits for its owner", lambda: waits(host, port))
        call("GET", url)

    def asked(self, text):
        """The address that an app prints for its owner, once it is there in full."""
        there = re.search(re.escape(self.origin) + r"/authorize\?[^\s\x1b\x07\"]+(?=[\s\x1b\x07\"])", text)
        return there and there.group(0)


class Visitor(Browser):
    """Signs in as this owner where it is asked to."""

    def __init__(self, origin, owner):
        super().__init__(origin, None)
        self.owner = owner

    def page_of(self, answer):
        page = super().page_of(answer)
        sign_in = SIGN_IN.search(page)
        return self.signs_in(html.unescape(sign_in[1])) if sign_in else page

    def signs_in(self, url):
        """At an issuer that believes whatever name is given; the page that it comes back to."""
        leaves = call("GET", url).expect(303)
        hint = urlencode({"login_hint": self.owner})
        back = call("GET", f"{leaves.headers['Location']}&{hint}").expect(302).headers["Location"]
        require(back.startswith(f"{self.origin}/signed-in?"), "it comes back to another place")
        arrives = call("GET", back, headers=kept(leaves, "__Host-larder_sign_in"))
        self.cookie = kept(arrives, "__Host-larder_session")
        return super().page_of(arrives)

    @classmethod
    def signed_in(cls, host):
        """By way of an app that asks to be let in: nowhere else is one asked to."""
        visitor = cls(host.url, host.owner)
        visitor.lets_in(asks_to_be_let_in(host.url))
        return visitor

    def asks(self, method, path, **more):
        return call(method, self.origin + path, headers=self.cookie | more)


def kept(answer, name):
    """A cookie as a browser brings it back, if it was given one that it would keep."""
    given = [line for line in answer.headers.get_all("Set-Cookie", []) if line.startswith(f"{name}=")]
    answer.require(len(given) == 1, f"{name} expected")
    value, *flags = given[0].split("; ")
    answer.require({"Path=/", "Secure", "HttpOnly"} <= set(flags), "a cookie of this host alone expected")
    return {"Cookie": value}


def asks_to_be_let_in(larder_url):
    """Where an app sends the browser."""
    client = call("POST", f"{larder_url}/register", ABOUT).expect(201).json["client_id"]
    asked = {"response_type": "code", "client_id": client, "redirect_uri": ABOUT["redirect_uris"][0],
             "code_challenge": "A" * 43, "code_challenge_method": "S256"}
    return f"{larder_url}/authorize?{urlencode(asked)}"


def waits(host, port):
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def free_port():
    """For an app that has to say beforehand where it waits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def found(pattern, page):
    there = re.search(pattern, page)
    require(there, f"{pattern} expected in {page[-800:]}")
    return html.unescape(there.group(1))


if __name__ == "__main__":
    print(Browser(os.environ["ORIGIN"], os.environ["COOKIE"]).lets_in(sys.argv[1]))
