"""Apps that nobody gave a key: the owner lets them in with a browser, which signs in at the issuer first."""

import html
import re
from urllib.parse import urlencode

from clients.app import ABOUT, App
from clients.browser import Browser
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

from .agent import connects
from .calls import call, require
from .world import step

SIGN_IN = re.compile(r'href="([^"]+/sign-in/begin\?[^"]+)"')


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

    def asks(self, method, path, **more):
        return call(method, self.origin + path, headers=self.cookie | more)


def kept(answer, name):
    """A cookie as a browser brings it back, if it was given one that it would keep."""
    given = [line for line in answer.headers.get_all("Set-Cookie", []) if line.startswith(f"{name}=")]
    answer.require(len(given) == 1, f"{name} expected")
    value, *flags = given[0].split("; ")
    answer.require({"Path=/", "Secure", "HttpOnly"} <= set(flags), "a cookie of this host alone expected")
    return {"Cookie": value}


@step("deployed")
def an_app_is_let_in_by_a_browser_that_signs_in(journey):
    url = journey.host.mcp_url
    memory = App(Visitor(journey.host.url, journey.host.owner))

    async def came():
        return AuthorizationCodeResult(**memory.came)

    auth = OAuthClientProvider(url, OAuthClientMetadata(**ABOUT), memory, memory.redirect, came)
    with connects(url, auth=auth) as agent:
        made = agent.use("create_task", title="From an app that was let in")
        seen = journey.api.task(made["id"]).expect(200).json
        require(seen["title"] == "From an app that was let in", "it is another owner's")
        require("delete_task" not in agent.tools(), "it was not let in to delete")
        everyone = journey.owner("GET", "/connections?limit=100").expect(200).json["data"]
        its_own = [one for one in everyone if one.get("apps")]
        require([one["apps"][0]["app"] for one in its_own] == [ABOUT["client_name"]], "one app was let in")
        journey.owner("POST", f"/connections/{its_own[0]['id']}/pause").expect(200)
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    call("POST", url, listing, token=memory.tokens.access_token).problem(401)


@step("deployed")
def a_signed_in_browser_acts_for_its_owner_from_larders_own_pages(journey):
    url, browser = journey.host.url, Visitor(journey.host.url, f"journey-{journey.nonce()}")
    for back in ("https://evil.example/", "//evil.example", "/connections"):
        call("GET", f"{url}/sign-in/begin?{urlencode({'back': back})}").problem(400, "?back")
    client = call("POST", f"{url}/register", ABOUT).expect(201).json["client_id"]
    place = ABOUT["redirect_uris"][0]
    asked = {"response_type": "code", "client_id": client, "redirect_uri": place, "code_challenge": "A" * 43,
             "code_challenge_method": "S256"}
    sent = browser.lets_in(f"{url}/authorize?{urlencode(asked)}")
    require(sent.startswith(f"{place}?code=lrdq_"), "it is sent back to the app with a code")
    # Functions other than the one that signed it in know it, too.
    made = browser.asks("GET", "/connections").expect(200).json["data"]
    require([one["name"] for one in made] == [ABOUT["client_name"]], "connections of another")
    browser.asks("GET", "/audit/head").expect(200)
    everywhere = "/owner/sign-out-everywhere"
    browser.asks("POST", everywhere).problem(403)
    browser.asks("POST", everywhere, Origin="https://evil.example").problem(403)
    browser.asks("POST", everywhere, Origin=url).expect(204)
    browser.asks("GET", "/connections").problem(401)
