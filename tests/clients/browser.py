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
