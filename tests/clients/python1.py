"""Python's `mcp` 1.x: prints what it sees, in one line of JSON."""

import asyncio
import json
import os
import sys

from app import ABOUT, App
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata


def lets_in(way):
    if way == "key":
        return {"headers": {"Authorization": f"Bearer {os.environ['KEY']}"}}
    app = App()

    async def came():
        return app.came["code"], app.came["state"]

    return {"auth": OAuthClientProvider(os.environ["URL"], OAuthClientMetadata(**ABOUT), app, app.redirect, came)}


async def main(way):
    async with streamablehttp_client(os.environ["URL"], **lets_in(way)) as (reads, writes, _):
        async with ClientSession(reads, writes) as session:
            begun = await session.initialize()
            tools = (await session.list_tools()).tools
            called = await session.call_tool("list_tasks", {})
            read = await session.read_resource("larder://me/today")
            prompt = await session.get_prompt("daily_planning", {})
            print(json.dumps({
                "version": begun.protocolVersion, "tools": len(tools),
                "called": called.structuredContent["data"][0]["title"], "read": read.contents[0].text,
                "prompt": prompt.messages[1].content.resource.text}))


asyncio.run(main(*sys.argv[1:]))
