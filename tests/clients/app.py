"""A Python app that is let in by OAuth: the owner's browser is at hand, and nothing is kept but in memory."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from clients.browser import ABOUT, Browser  # noqa: E402


class App:
    def __init__(self, browser=None):
        self.browser = browser or Browser(os.environ["ORIGIN"], os.environ["COOKIE"])
        self.tokens = self.client = self.came = None

    async def redirect(self, url):
        back = await asyncio.to_thread(self.browser.lets_in, url)
        self.came = dict(parse_qsl(urlsplit(back).query))

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client
