"""Python's `mcp` 2.x: prints what it sees, in one line of JSON."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager

import httpx2
from app import ABOUT, App
from mcp import StdioServerParameters, stdio_client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


def lets_in(way):
    if way == "key":
        return {"headers": {"Authorization": f"Bearer {os.environ['KEY']}"}}
    app = App()

    async def came():
        return AuthorizationCodeResult(**app.came)

    return {"auth": OAuthClientProvider(os.environ["URL"], OAuthClientMetadata(**ABOUT), app, app.redirect, came)}


@asynccontextmanager
async def reached(way):
    """By its address, with a key or by OAuth, or by a command that stands for it."""
    if way == "command":
        command = StdioServerParameters(command=os.environ["LARDER"], args=["mcp-stdio", "--url", os.environ["URL"]],
                                        env={"LARDER_KEY": os.environ["KEY"]})
        yield stdio_client(command)
        return
    async with httpx2.AsyncClient(**lets_in(way), trust_env=False) as http:
        yield streamable_http_client(os.environ["URL"], http_client=http)


async def main(mode, way):
    async with reached(way) as larder, Client(larder, mode=mode) as client:
        tools = (await client.list_tools()).tools
        called = await client.call_tool("list_tasks", {})
        read = await client.read_resource("larder://me/today")
        prompt = await client.get_prompt("daily_planning", {})
        print(json.dumps({
            "version": client.protocol_version, "tools": len(tools),
            "called": called.structured_content["data"][0]["title"], "read": read.contents[0].text,
            "prompt": prompt.messages[1].content.resource.text}))


asyncio.run(main(*sys.argv[1:]))
