"""Python's `mcp` 2.x: prints what it sees, in one line of JSON."""

import asyncio
import json
import os
import sys

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


async def main(mode):
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {os.environ['KEY']}"}, trust_env=False)
    async with http, Client(streamable_http_client(os.environ["URL"], http_client=http), mode=mode) as client:
        tools = (await client.list_tools()).tools
        called = await client.call_tool("list_tasks", {})
        read = await client.read_resource("larder://me/today")
        prompt = await client.get_prompt("daily_planning", {})
        print(json.dumps({
            "version": client.protocol_version, "tools": len(tools),
            "called": called.structured_content["data"][0]["title"], "read": read.contents[0].text,
            "prompt": prompt.messages[1].content.resource.text}))


asyncio.run(main(sys.argv[1]))
