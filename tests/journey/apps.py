"""Apps that nobody gave a key: the owner lets them in with a browser, which signs in at the issuer first."""

from urllib.parse import urlencode

from clients.app import App
from clients.browser import ABOUT, Visitor, asks_to_be_let_in
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

from .agent import connects
from .calls import call, require
from .world import step

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
    sent = browser.lets_in(asks_to_be_let_in(url))
    require(sent.startswith(f"{ABOUT['redirect_uris'][0]}?code=lrdq_"), "it is sent back to the app with a code")
    # Functions other than the one that signed it in know it, too.
    made = browser.asks("GET", "/connections").expect(200).json["data"]
    require([one["name"] for one in made] == [ABOUT["client_name"]], "connections of another")
    browser.asks("GET", "/audit/head").expect(200)
    everywhere = "/owner/sign-out-everywhere"
    browser.asks("POST", everywhere).problem(403)
    browser.asks("POST", everywhere, Origin="https://evil.example").problem(403)
    browser.asks("POST", everywhere, Origin=url).expect(204)
    browser.asks("GET", "/connections").problem(401)
